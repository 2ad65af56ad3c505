"""Opens the recogniser that an emulator's settings choose."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser
from sandbox.recognition.settings import RecognitionSettings


@asynccontextmanager
async def open_recogniser(settings: RecognitionSettings, oracle: Oracle) -> AsyncIterator[Recogniser]:
    """Yield the oracle itself, or worker processes that recognise with pocketsphinx."""
    if settings.stt == "oracle":
        yield oracle
        return
    from sandbox.recognition.sphinx import open_sphinx  # noqa: PLC0415 - imports pocketsphinx

    async with open_sphinx(settings.stt_workers) as sphinx:
        yield sphinx
