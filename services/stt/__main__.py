"""Run one stt process."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from parley.stage import run_stage
from services.stt.listen import open_listening
from services.stt.settings import SttSettings

if __name__ == "__main__":
    settings = load(SttSettings)
    run_until_told(
        lambda stop: run_stage("stt", settings, settings.stt_port, partial(open_listening, settings), stop)
    )
