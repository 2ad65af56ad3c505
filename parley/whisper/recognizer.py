"""Runs a Whisper model beside the event loop, with bounded work: the calls of a process share it."""

import asyncio
import heapq
import itertools
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from parley.whisper.model import Recognition, load_model
from parley.whisper.weights import Weights

_WAITING_PER_THREAD = 8
"""At 0.2 s each, the last of them waits for 1.6 s."""


class RecognizerBusy(Exception):
    """Too much audio waits for the model already."""


class RecognitionPreempted(Exception):
    """A recognition that another one soon replaces was stopped, because a final one needed its thread."""


class Model(Protocol):
    """A WhisperModel."""

    @property
    def multilingual(self) -> bool:
        """Whether it understands other languages than English."""

    def recognize(
        self,
        mulaw: bytes,
        language: str = "en",
        *,
        word_times: bool = True,
        thorough: bool = True,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> Recognition:
        """Return the words of mu-law audio; raise RecognitionAbandoned if they are not needed."""


@dataclass(order=True, slots=True)
class _Job:
    """A piece of audio to recognize; thorough ones first, then in order."""

    sort_key: tuple[bool, int]
    mulaw: bytes = field(compare=False)
    language: str = field(compare=False)
    thorough: bool = field(compare=False)
    result: "asyncio.Future[Recognition]" = field(compare=False)
    abandoned: threading.Event = field(compare=False, default_factory=threading.Event)


class Recognizer:
    """Recognizes audio in threads of its own: the model computes outside Python's interpreter lock."""

    def __init__(self, model: Model, executor: ThreadPoolExecutor, threads: int) -> None:
        self.model = model
        self.threads = threads
        self._executor = executor
        self._numbers = itertools.count()
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []

    @property
    def idle(self) -> bool:
        """Whether a thread has nothing to do."""
        return len(self._running) + len(self._waiting) < self.threads

    async def recognize(self, mulaw: bytes, language: str = "en", *, thorough: bool = True) -> Recognition:
        """Recognize mu-law audio (8 kHz, 30 s at most). A cancelled recognition stops at its next step.

        A thorough one goes before those that are not, which another one soon replaces.

        Raises:
            RecognizerBusy: too much waits already.
            RecognitionPreempted: it is not thorough, and one that is needed its thread.
        """
        pending = len(self._running) + len(self._waiting)
        if pending >= self.threads * _WAITING_PER_THREAD:
            raise RecognizerBusy(f"{pending} pieces of audio are waiting")
        result: asyncio.Future[Recognition] = asyncio.get_running_loop().create_future()
        job = _Job((not thorough, next(self._numbers)), mulaw, language, thorough, result)
        heapq.heappush(self._waiting, job)
        self._start_waiting()
        if thorough and job in self._waiting:
            self._preempt()
        try:
            return await result
        finally:
            # A thread cannot be interrupted: what it has begun counts until it notices.
            job.abandoned.set()
            if job in self._waiting:
                self._waiting.remove(job)
                heapq.heapify(self._waiting)
            if result.done() and not result.cancelled():
                result.exception()  # Marks it as retrieved: this task may have been cancelled.

    def close(self) -> None:
        """Cancel the recognitions that wait."""
        while self._waiting:
            self._waiting.pop().result.cancel()

    def _preempt(self) -> None:
        """Stop a recognition whose result matters least."""
        for job in self._running:
            if not job.thorough and not job.abandoned.is_set():
                job.abandoned.set()
                if not job.result.done():
                    job.result.set_exception(RecognitionPreempted)
                return

    def _start_waiting(self) -> None:
        while self._waiting and len(self._running) < self.threads:
            job = heapq.heappop(self._waiting)
            working = self._executor.submit(
                self.model.recognize,
                job.mulaw,
                job.language,
                thorough=job.thorough,
                is_abandoned=job.abandoned.is_set,
            )
            self._running.append(job)
            asyncio.wrap_future(working).add_done_callback(partial(self._finished, job))

    def _finished(self, job: _Job, working: "asyncio.Future[Recognition]") -> None:
        self._running.remove(job)
        error = None if working.cancelled() else working.exception()
        if not job.result.done():
            if working.cancelled():
                job.result.cancel()
            elif error is not None:
                job.result.set_exception(error)
            else:
                job.result.set_result(working.result())
        self._start_waiting()


@asynccontextmanager
async def open_recognizer(weights: Weights, threads: int) -> AsyncIterator[Recognizer]:
    """Load a model for the calls of a process.

    Raises:
        ConfigError: it cannot be loaded; the message has the remedy.
    """
    model = await asyncio.to_thread(load_model, weights, threads)
    executor = ThreadPoolExecutor(threads, "whisper")
    recognizer = Recognizer(model, executor, threads)
    try:
        yield recognizer
    finally:
        recognizer.close()
        await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)
