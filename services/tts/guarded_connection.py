"""A provider's connection that fails only with ProviderError; its audio is mu-law with finite timings.

A provider makes audio in the format that its plugin declares; it is converted here, once.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from parley.audio.conversion import converter
from parley.audio.formats import MULAW_8K, AudioFormat
from parley.errors import ProviderUnavailable
from parley.providers.provider_code import guarded, guarded_context, provider_code
from parley.providers.tts import AudioChunk, CharTiming, ReportsWarmth, SynthesisStream, TtsConnection
from parley.providers.untrusted import finite_number
from services.tts.converted_audio import ConvertedAudio

_MAX_MS = 3_600_000.0


class GuardedConnection:
    """A TtsConnection around the connection of any provider."""

    def __init__(
        self, provider: str, connection: TtsConnection, audio_format: AudioFormat = MULAW_8K
    ) -> None:
        self._provider = provider
        self._connection = connection
        self._format = audio_format

    @asynccontextmanager
    async def open_stream(self, reply_id: str) -> AsyncIterator["GuardedStream"]:
        """Begin a reply; see `TtsConnection`."""
        with provider_code(self._provider):
            opening = self._connection.open_stream(reply_id)
        async with guarded_context(self._provider, opening) as stream:
            yield GuardedStream(self._provider, stream, self._format)


class GuardedStream:
    """A SynthesisStream around the stream of any provider."""

    def __init__(self, provider: str, stream: SynthesisStream, audio_format: AudioFormat = MULAW_8K) -> None:
        self._provider = provider
        self._stream = stream
        self._format = audio_format

    @property
    def warm(self) -> bool:
        """Whether its connection has sent audio before."""
        with provider_code(self._provider):
            return isinstance(self._stream, ReportsWarmth) and bool(self._stream.warm)

    async def send_text(self, text: str) -> None:
        """Synthesize a clause without waiting for more text."""
        with provider_code(self._provider):
            await self._stream.send_text(text)

    async def end_input(self) -> None:
        """Signal the end of the text."""
        with provider_code(self._provider):
            await self._stream.end_input()

    async def audio(self) -> AsyncGenerator[AudioChunk]:
        """Yield audio in order, as mu-law at 8 kHz; see `SynthesisStream`."""
        conversion = converter(self._format, MULAW_8K)
        converted = None if conversion is None else ConvertedAudio(conversion)
        with provider_code(self._provider):
            audio = self._stream.audio()
        async with aclosing(guarded(self._provider, audio)) as chunks:
            async for chunk in chunks:
                with provider_code(self._provider):
                    clean = _clean(chunk, self._provider)
                yield clean if converted is None else converted.add(clean)
        if converted is not None and (rest := converted.flush()):
            yield AudioChunk(rest)


def _clean(chunk: AudioChunk, provider: str) -> AudioChunk:
    if not isinstance(chunk.audio, bytes | bytearray):
        raise ProviderUnavailable(provider, "the audio is not bytes")
    timings = [_clean_timing(timing) for timing in chunk.char_timings]
    if any(timing is None for timing in timings):
        # An alignment with invalid times is treated as a missing one.
        return AudioChunk(bytes(chunk.audio), (), chunk.ends_clause)
    return AudioChunk(bytes(chunk.audio), tuple(filter(None, timings)), chunk.ends_clause)


def _clean_timing(timing: CharTiming) -> CharTiming | None:
    start_ms = finite_number(timing.start_ms, -_MAX_MS, _MAX_MS)
    end_ms = finite_number(timing.end_ms, -_MAX_MS, _MAX_MS)
    if start_ms is None or end_ms is None or not isinstance(timing.text, str):
        return None
    if (start_ms, end_ms) == (timing.start_ms, timing.end_ms) and end_ms >= start_ms:
        return timing
    return CharTiming(timing.text, start_ms, max(start_ms, end_ms))
