"""Run one stt process, or its shadow."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from parley.shadow import run_shadow
from parley.stage import run_stage
from services.stt.listen import open_listening
from services.stt.settings import SttSettings
from services.stt.shadow import open_shadow

if __name__ == "__main__":
    settings = load(SttSettings)
    if settings.shadow:
        run_until_told(
            lambda stop: run_shadow("stt", settings, settings.stt_port, partial(open_shadow, settings), stop)
        )
    else:
        run_until_told(
            lambda stop: run_stage(
                "stt", settings, settings.stt_port, partial(open_listening, settings), stop
            )
        )
