"""Tests of the bounded work."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.whisper.model import Recognition
from parley.whisper.recognizer import Recognizer, RecognizerBusy
from tests.eventually import eventually

_FOUND = Recognition("hello", (), -0.1, 0.0)


class _Model:
    multilingual = False

    def __init__(self) -> None:
        self.release = threading.Event()
        self.calls = 0

    def recognize(self, mulaw: bytes, language: str = "en", **_how: bool) -> Recognition:
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
        await eventually(lambda: recognizer._pending < 8)
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
