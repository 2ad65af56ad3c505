"""Replies whose clauses are requested one after the other."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from parley.errors import ProviderRejected, ProviderUnavailable
from parley.providers.tts import AudioChunk, SynthesisStream
from services.tts.providers.clause_requests import ClauseRequests, ClauseStream

END = AudioChunk(b"", ends_clause=True)


class _Voice:
    """Speaks each word of a clause as its letters; records whether its last request has ended."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.ended = False

    async def synthesize(self, text: str) -> AsyncGenerator[bytes]:
        self.requests.append(text)
        self.ended = False
        try:
            if "☃" in text:
                raise ProviderRejected("voice", "no such character")
            for word in text.split() if "silence" not in text else ():
                yield word.encode()
        finally:
            self.ended = True


async def _send(stream: SynthesisStream, *clauses: str) -> None:
    for clause in clauses:
        await stream.send_text(clause)
    await stream.end_input()


async def test_clauses_are_synthesized_in_order_and_their_ends_marked() -> None:
    voice = _Voice()
    stream = ClauseStream("voice", voice.synthesize)
    await _send(stream, "One two", "three")
    audio = stream.audio()
    assert await anext(audio) == AudioChunk(b"One")
    assert voice.requests == ["One two"]
    assert [chunk async for chunk in audio] == [AudioChunk(b"two"), END, AudioChunk(b"three"), END]
    assert not stream.warm


async def test_an_interrupted_reply_ends_its_request() -> None:
    voice = _Voice()
    stream = ClauseStream("voice", voice.synthesize, warm=True)
    await _send(stream, "One two", "three")
    audio = stream.audio()
    await anext(audio)
    await audio.aclose()
    assert (voice.requests, voice.ended, stream.warm) == (["One two"], True, True)


async def test_words_without_audio_are_an_error_and_marks_are_not() -> None:
    stream = ClauseStream("voice", _Voice().synthesize)
    await _send(stream, " ", "silence")
    audio = stream.audio()
    assert await anext(audio) == END
    with pytest.raises(ProviderUnavailable):
        await anext(audio)


async def test_after_a_rejection_nothing_is_requested_for_5_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reply of those 5 s fails with the same reason."""
    voice = _Voice()
    connection = ClauseRequests("voice", lambda: voice.synthesize)
    loop = asyncio.get_running_loop()

    async def reply(text: str) -> list[AudioChunk]:
        async with connection.open_stream("r1") as stream:
            await _send(stream, text)
            return [chunk async for chunk in stream.audio()]

    with pytest.raises(ProviderRejected, match="no such character"):
        await reply("☃")
    with pytest.raises(ProviderRejected, match="no such character"):
        await reply("One")
    assert voice.requests == ["☃"]
    later_s = loop.time() + 5.0
    monkeypatch.setattr(loop, "time", lambda: later_s)
    assert await reply("One") == [AudioChunk(b"One"), END]
