"""Tests of the voice's threads, which all calls share."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.errors import ProviderRateLimited, ProviderRejected
from services.tts.providers.hibari.synthesizer import Synthesizer


class _Voice:
    """Speaks each sentence as its letters; waits before a sentence until it may."""

    def __init__(self) -> None:
        self.may_speak = threading.Semaphore(0)
        self.spoken: list[str] = []

    def sentences(self, text: str, _speed: float) -> Iterator[bytes]:
        if "☃" in text:
            raise ProviderRejected("hibari", "no")
        for sentence in text.split(". "):
            self.may_speak.acquire(timeout=10)
            self.spoken.append(sentence)
            yield sentence.encode()


async def test_sentences_arrive_one_by_one() -> None:
    """The second one is synthesized only when the reader wants it."""
    voice = _Voice()
    with ThreadPoolExecutor(1) as executor:
        sentences = Synthesizer(voice, executor).sentences("One. Two", 1.0)  # type: ignore[arg-type]
        voice.may_speak.release()
        assert await anext(sentences) == b"One"
        assert voice.spoken == ["One"]
        voice.may_speak.release()
        assert [audio async for audio in sentences] == [b"Two"]


async def test_an_interrupted_reply_is_dropped() -> None:
    """Its remaining sentences cost nothing, and the voice serves other calls."""
    voice = _Voice()
    voice.may_speak.release(10)
    with ThreadPoolExecutor(1) as executor:
        synthesizer = Synthesizer(voice, executor)  # type: ignore[arg-type]
        sentences = synthesizer.sentences("One. Two. Three", 1.0)
        await anext(sentences)
        await sentences.aclose()
        assert await anext(synthesizer.sentences("Four", 1.0)) == b"Four"
    assert voice.spoken == ["One", "Four"]


async def test_waiting_sentences_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy voice sends replies to the next provider."""
    monkeypatch.setattr("services.tts.providers.hibari.synthesizer._MAX_WAITING", 1)
    voice = _Voice()
    with ThreadPoolExecutor(1) as executor:
        synthesizer = Synthesizer(voice, executor)  # type: ignore[arg-type]
        waiting = asyncio.ensure_future(anext(synthesizer.sentences("One", 1.0)))
        await asyncio.sleep(0)
        with pytest.raises(ProviderRateLimited):
            await anext(synthesizer.sentences("Two", 1.0))
        voice.may_speak.release()
        assert await waiting == b"One"


async def test_what_cannot_be_spoken_fails() -> None:
    """The error reaches the reply."""
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(ProviderRejected):
            await anext(Synthesizer(_Voice(), executor).sentences("☃", 1.0))  # type: ignore[arg-type]
