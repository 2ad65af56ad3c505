"""Joins frames to the chunks that a provider wants. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass

from parley.audio.g711 import bytes_to_ms, make_silence, ms_to_bytes


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Audio of one message to a provider."""

    audio: bytes
    at_ms: int
    """Call time of its beginning."""
    padding: bytes = b""
    """Silence to send after it, which has no call time."""


class AudioChunks:
    """Audio that waits until a chunk is complete.

    Audio after a gap in call time begins a new chunk, so that a chunk's call times are contiguous.
    """

    def __init__(self, chunk_ms: int, *, min_ms: int = 0, max_ms: int = 0) -> None:
        """Create an empty buffer.

        Args:
            chunk_ms: duration of a chunk.
            min_ms: an incomplete chunk is padded to this duration; 0 for no padding.
            max_ms: a longer stretch of audio is cut into chunks of this duration; 0 for `chunk_ms`.
        """
        self._chunk_bytes = ms_to_bytes(chunk_ms)
        self._max_bytes = ms_to_bytes(max_ms or chunk_ms)
        self._min_bytes = ms_to_bytes(min_ms)
        self._waiting = b""
        self._at_ms = 0

    @property
    def waiting_ms(self) -> float:
        """Duration of the audio that waits."""
        return bytes_to_ms(len(self._waiting))

    def add(self, audio: bytes, at_ms: int) -> Iterator[AudioChunk]:
        """Add audio that begins at a call time; yields the chunks that are complete."""
        if self._waiting and abs(self._at_ms + self.waiting_ms - at_ms) >= 1:
            yield from self.flush()
        if not self._waiting:
            self._at_ms = at_ms
        self._waiting += audio
        while len(self._waiting) >= self._chunk_bytes:
            whole = len(self._waiting) - len(self._waiting) % self._chunk_bytes
            yield self._take(min(whole, self._max_bytes))

    def flush(self) -> Iterator[AudioChunk]:
        """Yield the audio that waits, if any, padded to the shortest chunk."""
        if self._waiting:
            missing = max(0, self._min_bytes - len(self._waiting))
            chunk = self._take(len(self._waiting))
            yield AudioChunk(chunk.audio, chunk.at_ms, make_silence(round(bytes_to_ms(missing))))

    def _take(self, size: int) -> AudioChunk:
        chunk = AudioChunk(self._waiting[:size], self._at_ms)
        self._waiting = self._waiting[size:]
        self._at_ms += round(bytes_to_ms(size))
        return chunk
