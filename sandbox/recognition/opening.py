"""Opens the recogniser that an emulator's settings choose."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial

from parley.whisper.weights import missing_package
from sandbox.recognition.any_voice import AnyVoice
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, Word
from sandbox.recognition.settings import RecognitionSettings

_Open = Callable[[], AbstractAsyncContextManager[Recogniser]]


@asynccontextmanager
async def open_recogniser(settings: RecognitionSettings, oracle: Oracle) -> AsyncIterator[Recogniser]:
    """Yield the oracle itself, worker processes of pocketsphinx, Whisper, or what suits the voice.

    Raises:
        RecognitionError: Whisper is chosen and not installed.
    """
    match settings.stt:
        case "oracle":
            yield oracle
        case "whisper":
            async with _open_whisper(settings) as whisper:
                yield whisper
        case "auto" if missing_package() is None:
            async with _open_sphinx(settings) as sphinx, AsyncExitStack() as stack:
                # Most runs have no human caller, and the model takes 200 MB.
                yield AnyVoice(oracle, sphinx, LateRecogniser(partial(_open_whisper, settings), stack))
        case _:
            async with _open_sphinx(settings) as sphinx:
                yield sphinx


@asynccontextmanager
async def open_recogniser_late(settings: RecognitionSettings, oracle: Oracle) -> AsyncIterator[Recogniser]:
    """The same, but worker processes start with the first segment: most runs of some emulators need none."""
    if settings.stt == "oracle":
        yield oracle
        return
    async with AsyncExitStack() as stack:
        yield LateRecogniser(lambda: open_recogniser(settings, oracle), stack)


class LateRecogniser:
    """A Recogniser that is opened by its first segment."""

    def __init__(self, open_recogniser: _Open, stack: AsyncExitStack) -> None:
        self._open = open_recogniser
        self._stack = stack
        self._opened: Recogniser | None = None
        self._lock = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Whether it is busy, or being opened."""
        return self._lock.locked() if self._opened is None else self._opened.busy

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a segment.

        Raises:
            RecognitionError: recognition failed.
        """
        async with self._lock:
            if self._opened is None:
                self._opened = await self._stack.enter_async_context(self._open())
        return await self._opened.recognise(mulaw)


@asynccontextmanager
async def _open_sphinx(settings: RecognitionSettings) -> AsyncIterator[Recogniser]:
    from sandbox.recognition.sphinx import open_sphinx  # noqa: PLC0415 - imports pocketsphinx

    async with open_sphinx(settings.stt_workers) as sphinx:
        yield sphinx


@asynccontextmanager
async def _open_whisper(settings: RecognitionSettings) -> AsyncIterator[Recogniser]:
    from sandbox.recognition.whisper import open_whisper  # noqa: PLC0415 - an optional dependency

    async with open_whisper(settings.stt_workers) as whisper:
        yield whisper
