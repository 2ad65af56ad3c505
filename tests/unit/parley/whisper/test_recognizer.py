"""Tests of the bounded work."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from parley.whisper.model import Recognition, RecognitionAbandoned
from parley.whisper.recognizer import RecognitionPreempted, Recognizer, RecognizerBusy
from tests.eventually import eventually

_FOUND = Recognition("hello", (), -0.1, 0.0)


class _Model:
    multilingual = False

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls = 0

    def recognize(self, mulaw: bytes, language: str = "en", **_how: Any) -> Recognition:
        self.calls += 1
        if mulaw == b"broken":
            raise ValueError(language)
        self.release.wait(10)
        return _FOUND


async def test_work_is_bounded_and_never_blocks_the_loop() -> None:
    """One piece at a time; eight may wait, a further one is refused; a cancelled one makes room."""
    model = _Model()
    with ThreadPoolExecutor(1) as executor:
        recognizer = Recognizer(model, executor, 1)
        assert recognizer.idle
        working = [asyncio.ensure_future(recognizer.recognize(b"")) for _ in range(8)]
        await asyncio.sleep(0)
        assert not recognizer.idle
        with pytest.raises(RecognizerBusy, match="8 pieces"):
            await recognizer.recognize(b"")
        working.pop().cancel()
        await eventually(lambda: len(recognizer._waiting) < 7)
        working.append(asyncio.ensure_future(recognizer.recognize(b"")))
        await asyncio.sleep(0)
        model.release.set()
        assert await asyncio.gather(*working) == [_FOUND] * 8
        assert recognizer.idle
        assert model.calls == 8


async def test_an_error_of_the_model_is_raised_to_its_caller() -> None:
    """The recognizer continues to work."""
    model = _Model()
    model.release.set()
    with ThreadPoolExecutor(1) as executor:
        recognizer = Recognizer(model, executor, 1)
        with pytest.raises(ValueError, match="en"):
            await recognizer.recognize(b"broken")
        assert await recognizer.recognize(b"") == _FOUND


class _Stepwise:
    """Works until it is released or its result is abandoned; records what it has begun and completed."""

    multilingual = False

    def __init__(self) -> None:
        self.release = threading.Event()
        self.begun: list[bytes] = []
        self.completed: list[bytes] = []

    def recognize(
        self,
        mulaw: bytes,
        language: str = "en",
        *,
        word_times: bool = True,
        thorough: bool = True,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> Recognition:
        del word_times, thorough
        self.begun.append(mulaw)
        deadline_s = time.monotonic() + 10
        while not self.release.wait(0.001) and time.monotonic() < deadline_s:
            if is_abandoned():
                raise RecognitionAbandoned
        self.completed.append(mulaw)
        return Recognition(language, (), -0.1, 0.0)


async def test_a_cancelled_recognition_stops() -> None:
    """Its thread is free for the next one."""
    model = _Stepwise()
    with ThreadPoolExecutor(1) as executor:
        recognizer = Recognizer(model, executor, 1)
        first = asyncio.ensure_future(recognizer.recognize(b"first"))
        await eventually(lambda: model.begun == [b"first"])
        first.cancel()
        await eventually(lambda: recognizer.idle)
        second = asyncio.ensure_future(recognizer.recognize(b"second"))
        await eventually(lambda: b"second" in model.begun)
        model.release.set()
        await second
        assert model.completed == [b"second"]


async def test_a_thorough_recognition_takes_the_thread_of_one_that_is_not() -> None:
    """It also goes before others that wait."""
    model = _Stepwise()
    with ThreadPoolExecutor(1) as executor:
        recognizer = Recognizer(model, executor, 1)
        running = asyncio.ensure_future(recognizer.recognize(b"quick", thorough=False))
        await eventually(lambda: model.begun == [b"quick"])
        waiting = asyncio.ensure_future(recognizer.recognize(b"another", thorough=False))
        await asyncio.sleep(0)
        thorough = asyncio.ensure_future(recognizer.recognize(b"thorough"))
        with pytest.raises(RecognitionPreempted):
            await running
        await eventually(lambda: b"thorough" in model.begun)
        model.release.set()
        await asyncio.gather(thorough, waiting)
        assert model.completed == [b"thorough", b"another"]


async def test_waiting_recognitions_are_cancelled_when_the_process_ends() -> None:
    """A recognition that has begun is completed."""
    model = _Stepwise()
    with ThreadPoolExecutor(1) as executor:
        recognizer = Recognizer(model, executor, 1)
        working = [asyncio.ensure_future(recognizer.recognize(b"")) for _ in range(3)]
        await eventually(lambda: len(model.begun) == 1)
        recognizer.close()
        model.release.set()
        outcomes = await asyncio.gather(*working, return_exceptions=True)
        assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [False, True, True]
