"""Opens the recogniser that an emulator's settings choose."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, Word
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


@asynccontextmanager
async def open_recogniser_late(settings: RecognitionSettings, oracle: Oracle) -> AsyncIterator[Recogniser]:
    """The same, but worker processes start with the first segment: most runs of some emulators need none."""
    async with AsyncExitStack() as stack:
        yield _LateRecogniser(settings, oracle, stack)


class _LateRecogniser:
    def __init__(self, settings: RecognitionSettings, oracle: Oracle, stack: AsyncExitStack) -> None:
        self._settings = settings
        self._oracle = oracle
        self._stack = stack
        self._opened: Recogniser | None = oracle if settings.stt == "oracle" else None
        self._lock = asyncio.Lock()

    @property
    def busy(self) -> bool:
        return self._opened is None or self._opened.busy

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        async with self._lock:
            if self._opened is None:
                opening = open_recogniser(self._settings, self._oracle)
                self._opened = await self._stack.enter_async_context(opening)
        return await self._opened.recognise(mulaw)
