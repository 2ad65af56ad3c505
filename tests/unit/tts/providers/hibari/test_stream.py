"""Tests of one reply."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from parley.errors import ProviderRateLimited, ProviderRejected
from parley.providers.tts import AudioChunk
from services.tts.providers.hibari.stream import HibariStream, Synthesizer


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
    """The end of a clause is marked, so that it needs no timings."""
    voice = _Voice()
    with ThreadPoolExecutor(1) as executor:
        stream = HibariStream(Synthesizer(voice, executor), 1.0)  # type: ignore[arg-type]
        await stream.send_text("One. Two")
        await stream.send_text("Three")
        await stream.end_input()
        audio = stream.audio()
        voice.may_speak.release()
        assert await anext(audio) == AudioChunk(b"One")
        assert voice.spoken == ["One"]
        voice.may_speak.release(2)
        rest = [chunk async for chunk in audio]
    end = AudioChunk(b"", ends_clause=True)
    assert rest == [AudioChunk(b"Two"), end, AudioChunk(b"Three"), end]
    assert stream.warm


async def test_an_interrupted_reply_is_dropped() -> None:
    """Its remaining sentences cost nothing, and the voice serves other calls."""
    voice = _Voice()
    voice.may_speak.release(10)
    with ThreadPoolExecutor(1) as executor:
        synthesizer = Synthesizer(voice, executor)  # type: ignore[arg-type]
        stream = HibariStream(synthesizer, 1.0)
        await stream.send_text("One. Two. Three")
        audio = stream.audio()
        await anext(audio)
        await audio.aclose()
        other = HibariStream(synthesizer, 1.0)
        await other.send_text("Four")
        assert await anext(other.audio()) == AudioChunk(b"Four")
    assert voice.spoken == ["One", "Four"]


async def test_waiting_sentences_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy voice sends replies to the next provider."""
    monkeypatch.setattr("services.tts.providers.hibari.stream._MAX_WAITING", 1)
    voice = _Voice()
    with ThreadPoolExecutor(1) as executor:
        synthesizer = Synthesizer(voice, executor)  # type: ignore[arg-type]
        first, second = HibariStream(synthesizer, 1.0), HibariStream(synthesizer, 1.0)
        await first.send_text("One")
        await second.send_text("Two")
        waiting = asyncio.ensure_future(anext(first.audio()))
        await asyncio.sleep(0)
        with pytest.raises(ProviderRateLimited):
            await anext(second.audio())
        voice.may_speak.release()
        assert await waiting == AudioChunk(b"One")


async def test_what_cannot_be_spoken_fails() -> None:
    """The error reaches the stage."""
    with ThreadPoolExecutor(1) as executor:
        stream = HibariStream(Synthesizer(_Voice(), executor), 1.0)  # type: ignore[arg-type]
        await stream.send_text("☃")
        with pytest.raises(ProviderRejected):
            await anext(stream.audio())
