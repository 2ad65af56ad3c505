"""Run tts: own the voice of calls until told to stop."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from parley.stage import run_stage
from services.tts.settings import TtsSettings
from services.tts.speak import open_speaking


def main() -> None:
    """Start, serve, drain."""
    settings = load(TtsSettings)
    run_until_told(
        lambda stop: run_stage("tts", settings, settings.http_port, partial(open_speaking, settings), stop)
    )


if __name__ == "__main__":
    main()
