"""Run tts: own the voice of calls until told to stop."""

from functools import partial

from parley.runtime.process import run_service
from parley.runtime.stage import run_stage
from parley.settings import load
from services.tts.settings import TtsSettings
from services.tts.speak import open_speaking


def main() -> None:
    """Start, serve, drain."""
    settings = load(TtsSettings)
    run_service(
        lambda stop: run_stage("tts", settings, settings.tts_port, partial(open_speaking, settings), stop)
    )


if __name__ == "__main__":
    main()
