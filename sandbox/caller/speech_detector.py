"""Hears when the other side speaks, frame by frame. No I/O, no clock."""

from dataclasses import dataclass

from parley.mulaw import FRAME_MS
from sandbox.caller.loudness import is_voiced

_PAUSE_MS = 400
"""A pause within speech is shorter; `stopped` is told this much later."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech, pauses within it included."""

    start_ms: float
    end_ms: float


class Hearing:
    """Follows the other side's sound, one 20 ms frame at a time."""

    __slots__ = ("_began_ms", "_last_voiced_end_ms", "now_ms", "segments")

    def __init__(self) -> None:
        self.now_ms = 0.0
        self.segments: list[Segment] = []
        self._began_ms: float | None = None
        self._last_voiced_end_ms: float | None = None

    @property
    def speaking_since_ms(self) -> float | None:
        """When the speech that is going on began, or None in silence."""
        return self._began_ms

    @property
    def last_voiced_end_ms(self) -> float | None:
        """Where the last sound ended."""
        return self._last_voiced_end_ms

    def hear(self, frame: bytes) -> tuple[bool, Segment | None]:
        """Take the next frame in; True if speech began with it, and the segment that it proves over."""
        start_ms, began, over = self.now_ms, False, None
        self.now_ms += FRAME_MS
        if is_voiced(frame):
            began = self._began_ms is None
            self._began_ms = start_ms if began else self._began_ms
            self._last_voiced_end_ms = self.now_ms
        elif self._last_voiced_end_ms is not None and self.now_ms - self._last_voiced_end_ms >= _PAUSE_MS:
            over = self.finish()
        return began, over

    def finish(self) -> Segment | None:
        """Close the segment that is open, if any."""
        if self._began_ms is None or self._last_voiced_end_ms is None:
            return None
        segment = Segment(self._began_ms, self._last_voiced_end_ms)
        self.segments.append(segment)
        self._began_ms = None
        return segment
