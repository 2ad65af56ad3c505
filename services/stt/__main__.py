"""Runs one stt process, or its shadow."""

from functools import partial

from parley.runtime.process import run_service
from parley.runtime.shadow import run_shadow
from parley.runtime.stage import run_stage
from parley.settings import load
from services.stt.restore import STT
from services.stt.service import open_service
from services.stt.settings import SttSettings
from services.stt.shadow import open_shadow

if __name__ == "__main__":
    settings = load(SttSettings)
    if settings.shadow:
        run_service(
            lambda stop: run_shadow(
                "stt", settings, settings.stt_port, partial(open_shadow, settings), stop, folds=(STT,)
            )
        )
    else:
        run_service(
            lambda stop: run_stage(
                "stt", settings, settings.stt_port, partial(open_service, settings), stop, folds=(STT,)
            )
        )
