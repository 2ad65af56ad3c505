"""Twilio's playback buffer: plays queued audio in real time and returns marks. No I/O, no clock."""

from collections import deque

from parley.audio.g711 import BYTES_PER_MS, FRAME_BYTES, SILENCE

MAX_QUEUED_BYTES = 10 * 60 * 1000 * BYTES_PER_MS
"""Ten minutes; audio past this limit is discarded (31931)."""

_SILENT_FRAME = SILENCE * FRAME_BYTES
_NO_MARKS: tuple[str, ...] = ()


class Playback:
    """Audio waiting to be played, with marks at sample positions."""

    __slots__ = ("_buffer", "_marks", "_played", "_queued")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._marks: deque[tuple[int, str]] = deque()
        self._played = 0
        self._queued = 0

    @property
    def queued_bytes(self) -> int:
        """Audio not yet played."""
        return len(self._buffer)

    def queue(self, mulaw: bytes) -> int:
        """Add audio; returns the number of bytes discarded because the buffer was full."""
        accepted = mulaw[: MAX_QUEUED_BYTES - len(self._buffer)]
        self._buffer += accepted
        self._queued += len(accepted)
        return len(mulaw) - len(accepted)

    def mark(self, name: str) -> tuple[str, ...]:
        """Add a mark; returns the marks to return now: this one if no audio is queued before it."""
        if not self._buffer and not self._marks:
            return (name,)
        self._marks.append((self._queued, name))
        return _NO_MARKS

    def clear(self) -> tuple[str, ...]:
        """Discard the audio; returns all pending marks, to be returned now."""
        names = tuple(name for _, name in self._marks)
        self._marks.clear()
        self._played += len(self._buffer)
        self._buffer.clear()
        return names

    def take(self) -> tuple[bytes, tuple[str, ...]]:
        """Play the next 20 ms: the frame (silence if nothing is queued) and the marks reached in it."""
        if not self._buffer:
            return _SILENT_FRAME, _NO_MARKS
        frame = bytes(self._buffer[:FRAME_BYTES])
        del self._buffer[:FRAME_BYTES]
        self._played += len(frame)
        reached = _NO_MARKS
        while self._marks and self._marks[0][0] <= self._played:
            reached = (*reached, self._marks.popleft()[1])
        return frame.ljust(FRAME_BYTES, SILENCE), reached
