"""Run one recorder process."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from parley.stage import run_stage
from services.recorder.record import open_recorder
from services.recorder.settings import RecorderSettings
from services.recorder.vendors.postgres import Postgres

if __name__ == "__main__":
    settings = load(RecorderSettings)
    database = Postgres(settings.postgres_url.get_secret_value())
    run_until_told(
        lambda stop: run_stage(
            "recorder",
            settings,
            settings.recorder_port,
            partial(open_recorder, settings, database),
            stop,
            lambda: database.trouble,
        )
    )
