"""Runs one recorder process: `python -m services.recorder`."""

from functools import partial

from parley.runtime.process import run_service
from parley.runtime.stage import run_stage
from parley.settings import load
from services.recorder.live_state import RECORDER
from services.recorder.session import open_recorder
from services.recorder.settings import RecorderSettings
from services.recorder.storage.postgres import Postgres
from services.recorder.voicemails import store_voicemails

if __name__ == "__main__":
    settings = load(RecorderSettings)
    database = Postgres(settings.postgres_url.get_secret_value())
    run_service(
        lambda stop: run_stage(
            "recorder",
            settings,
            settings.recorder_port,
            partial(open_recorder, settings, database),
            stop,
            lambda: database.unavailable_reason,
            folds=(RECORDER,),
            serve_process=partial(store_voicemails, settings),
        )
    )
