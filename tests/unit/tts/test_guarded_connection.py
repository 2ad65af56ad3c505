"""Connections of third-party providers."""

import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import ProviderUnavailable
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.guarded_connection import GuardedConnection


class Stream:
    """Yields chunks; sending raises."""

    warm = True

    def __init__(self, *chunks: Any) -> None:
        self.chunks = chunks

    async def send_text(self, text: str) -> None:
        """Fail."""
        raise KeyError(text)

    async def end_input(self) -> None:
        """Fail."""
        raise KeyError

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield the chunks."""
        for chunk in self.chunks:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk


class Connection:
    """Opens one stream."""

    def __init__(self, *chunks: Any) -> None:
        self.stream = Stream(*chunks)

    @asynccontextmanager
    async def open_stream(self, _reply_id: str) -> AsyncIterator[Stream]:
        """Open it."""
        yield self.stream


async def read(*chunks: Any, audio_format: AudioFormat = MULAW_8K) -> list[AudioChunk]:
    async with GuardedConnection("p", Connection(*chunks), audio_format).open_stream("r1") as stream:
        assert stream.warm
        return [chunk async for chunk in stream.audio()]


def chunk(*times: Any) -> AudioChunk:
    return AudioChunk(b"abc", tuple(CharTiming("a", start, end) for start, end in times))


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (chunk((0, 5.0)), chunk((0, 5.0))),
        (chunk((9.0, 5.0)), chunk((9.0, 9.0))),
        (chunk((0, math.nan)), chunk()),
        (chunk((0, 5), (math.inf, 5)), chunk()),
        (chunk((0, 1e300)), chunk((0, 3_600_000.0))),
        (chunk((None, "x")), chunk()),
    ],
)
async def test_timings_are_finite(received: AudioChunk, expected: AudioChunk) -> None:
    """An alignment with other times is treated as a missing one."""
    assert await read(received) == [expected]


@pytest.mark.parametrize("item", [KeyError("x"), None, AudioChunk("text"), AudioChunk(b"", 5)], ids=repr)  # type: ignore[arg-type]
async def test_anything_else_is_a_failure(item: Any) -> None:
    """An exception or an object other than a chunk."""
    with pytest.raises(ProviderUnavailable):
        await read(item)


async def test_audio_is_converted_from_the_declared_format() -> None:
    """To the end of the reply, also from a stream of one chunk, for each reply."""
    for _ in range(2):
        chunks = await read(AudioChunk(bytes(48_000)), audio_format=AudioFormat("pcm_s16le", 24_000))
        assert b"".join(chunk.audio for chunk in chunks) == MULAW_8K.make_silence(1000)


async def test_sending_may_fail() -> None:
    """With any exception."""
    async with GuardedConnection("p", Connection()).open_stream("r1") as stream:
        for sending in (stream.send_text("Hi."), stream.end_input()):
            with pytest.raises(ProviderUnavailable):
                await sending
