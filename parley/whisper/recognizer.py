"""Runs a Whisper model beside the event loop, with bounded work: the calls of a process share it."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from parley.whisper.model import Recognition, load_model
from parley.whisper.weights import Weights

_WAITING_PER_THREAD = 8
"""At 0.2 s each, the last of them waits for 1.6 s."""


class RecognizerBusy(Exception):
    """Too much audio waits for the model already."""


class Model(Protocol):
    """A WhisperModel."""

    @property
    def multilingual(self) -> bool:
        """Whether it understands other languages than English."""

    def recognize(
        self, mulaw: bytes, language: str = "en", *, word_times: bool = True, thorough: bool = True
    ) -> Recognition:
        """Return the words of mu-law audio."""


class Recognizer:
    """Recognizes audio in threads of its own: the model computes outside Python's interpreter lock."""

    def __init__(self, model: Model, executor: ThreadPoolExecutor, threads: int) -> None:
        self.model = model
        self.threads = threads
        self._executor = executor
        self._pending = 0

    @property
    def idle(self) -> bool:
        """Whether a thread has nothing to do."""
        return self._pending < self.threads

    async def recognize(self, mulaw: bytes, language: str = "en", *, thorough: bool = True) -> Recognition:
        """Recognize mu-law audio (8 kHz, 30 s at most).

        Raises:
            RecognizerBusy: too much waits already.
        """
        if self._pending >= self.threads * _WAITING_PER_THREAD:
            raise RecognizerBusy(f"{self._pending} pieces of audio are waiting")
        working = self._executor.submit(self.model.recognize, mulaw, language, thorough=thorough)
        future = asyncio.wrap_future(working)
        self._pending += 1
        future.add_done_callback(self._finished)
        try:
            # A thread cannot be interrupted: what it has begun counts until it is done.
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            working.cancel()
            raise

    def _finished(self, future: "asyncio.Future[Recognition]") -> None:
        self._pending -= 1
        if not future.cancelled():
            future.exception()  # Marks it as retrieved: the waiting task may have been cancelled.


@asynccontextmanager
async def open_recognizer(weights: Weights, threads: int) -> AsyncIterator[Recognizer]:
    """Load a model for the calls of a process.

    Raises:
        ConfigError: it cannot be loaded; the message has the remedy.
    """
    model = await asyncio.to_thread(load_model, weights, threads)
    executor = ThreadPoolExecutor(threads, "whisper")
    try:
        yield Recognizer(model, executor, threads)
    finally:
        await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)
