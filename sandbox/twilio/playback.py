"""Twilio's playback buffer: what was sent is played in real time, and marks come back. No I/O, no clock."""

from collections import deque

from parley.mulaw import BYTES_PER_MS, FRAME_BYTES, SILENCE

LIMIT_BYTES = 10 * 60 * 1000 * BYTES_PER_MS
"""Ten minutes; what is queued beyond is discarded (31931)."""

_SILENT_FRAME = SILENCE * FRAME_BYTES
_NO_MARKS: tuple[str, ...] = ()


class Playback:
    """Sound waiting to be played and the marks in it, by sample."""

    __slots__ = ("_buffer", "_marks", "_played", "_queued")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._played = 0
        self._queued = 0

    @property
    def queued_bytes(self) -> int:
        """Sound not yet played."""
        return len(self._buffer)

    def queue(self, mulaw: bytes) -> int:
        """Add sound; the number of bytes discarded for want of room."""
        kept = mulaw[: LIMIT_BYTES - len(self._buffer)]
        self._buffer += kept
        self._queued += len(kept)
        return len(mulaw) - len(kept)

    def mark(self, name: str) -> tuple[str, ...]:
        """Add a mark; the marks to echo now, which is this one if nothing waits before it."""
        if not self._buffer and not self._marks:
            return (name,)
        self._marks.append((self._queued, name))
        return _NO_MARKS

    def clear(self) -> tuple[str, ...]:
        """Drop the sound; all marks that waited, to be echoed now."""
        names = tuple(name for _, name in self._marks)
        self._marks.clear()
        self._played += len(self._buffer)
        self._buffer.clear()
        return names

    def take(self) -> tuple[bytes, tuple[str, ...]]:
        """Play the next 20 ms: the frame, silence where nothing waits, and the marks reached in it."""
        if not self._buffer:
            return _SILENT_FRAME, _NO_MARKS
        frame = bytes(self._buffer[:FRAME_BYTES])
        del self._buffer[:FRAME_BYTES]
        self._played += len(frame)
        reached = _NO_MARKS
        while self._marks and self._marks[0][0] <= self._played:
            reached = (*reached, self._marks.popleft()[1])
        return frame.ljust(FRAME_BYTES, SILENCE), reached
