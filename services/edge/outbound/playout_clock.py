"""When Twilio has played the audio that was sent, by the clock. No I/O, no clock of its own.

Audio plays in real time, so the end of the audio sent so far shows what must have been played. That replaces
the marks where they do not return: some Media Streams servers never send them, and a few get lost.
"""

from dataclasses import dataclass

from parley.audio.g711 import BYTES_PER_MS

MARK_INTERVAL_SAMPLES = 800
"""100 ms: the most audio between two marks."""
_MARK_TIMEOUT_MS = 1500
"""A mark is late this long after its audio should have been played: more than the delay of a slow network."""
_MISSING_MARK_TIMEOUT_MS = 250
"""The same once marks have failed to return, because there is little hope that they will."""


@dataclass(slots=True)
class PlayoutClock:
    """The end of the audio that was sent, and whether marks return in time. Times are call time in ms."""

    buffer_ends_ms: float = 0.0
    """When all audio that was sent will have been played."""
    marks_missing: bool = False
    """Whether a mark was late and none has returned since."""
    _last_mark_ms: int = 0

    def begin(self, now_ms: int) -> int:
        """Return when audio that is sent now will start to play."""
        starts_ms = max(now_ms, round(self.buffer_ends_ms))
        self.buffer_ends_ms = max(float(now_ms), self.buffer_ends_ms)
        return starts_ms

    def send(self, samples: int) -> None:
        """Record that audio was sent."""
        self.buffer_ends_ms += samples / BYTES_PER_MS

    def clear(self, now_ms: int) -> None:
        """Record that audio not played yet was discarded."""
        self.buffer_ends_ms = float(now_ms)

    def mark_returned(self, now_ms: int) -> None:
        """Record that a mark has returned."""
        self.marks_missing, self._last_mark_ms = False, now_ms

    def played(self, unconfirmed: int, now_ms: int) -> int:
        """Return how many of the samples that no mark has confirmed must have been played by now."""
        remaining = max(0.0, self.buffer_ends_ms - now_ms) * BYTES_PER_MS
        return max(0, unconfirmed - round(remaining))

    def is_mark_late(self, unconfirmed: int, now_ms: int) -> bool:
        """Whether the next mark, of the samples that no mark has confirmed, should have returned by now."""
        if not unconfirmed:
            return False
        after_next_mark = max(0, unconfirmed - MARK_INTERVAL_SAMPLES)
        due_ms = self.buffer_ends_ms - after_next_mark / BYTES_PER_MS
        timeout_ms = _MISSING_MARK_TIMEOUT_MS if self.marks_missing else _MARK_TIMEOUT_MS
        return now_ms - max(due_ms, self._last_mark_ms) > timeout_ms
