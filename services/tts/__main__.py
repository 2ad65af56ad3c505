"""Runs one tts process, which synthesizes the replies of the calls that it claims."""

from functools import partial

from parley.runtime.process import run_service
from parley.runtime.stage import run_stage
from parley.settings import load
from services.tts.progress import TTS
from services.tts.session import open_service
from services.tts.settings import TtsSettings


def main() -> None:
    """Start a tts process, serve calls, and drain before it stops."""
    settings = load(TtsSettings)
    run_service(
        lambda stop: run_stage(
            "tts", settings, settings.tts_port, partial(open_service, settings), stop, folds=(TTS,)
        )
    )


if __name__ == "__main__":
    main()
