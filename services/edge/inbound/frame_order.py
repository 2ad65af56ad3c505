"""The caller's frames in the order of their time, whatever a bad network made of it. No I/O, no clock.

A frame that follows on the one before is passed on at once: on a good line nothing is delayed. Only behind a
hole frames wait, for the one that is missing, and not for long.
"""

from collections import deque

from parley.audio.g711 import duration_ms
from services.edge.twilio.media_messages import Media

_MOST_WAITING = 3
"""So many frames, 60 ms, behind a hole: what is missing is lost."""
_FRAME_MS = 20
"""A shorter hole has no room for a frame."""
_REMEMBERED = 50


class FrameOrder:
    """One stream's frames."""

    def __init__(self) -> None:
        self._next_ms: int | None = None
        self._waiting: list[Media] = []
        self._passed: deque[int] = deque(maxlen=_REMEMBERED)

    def take(self, frame: Media) -> list[Media]:
        """What may be passed on now; a frame that came before is left out, one that is too late is not."""
        if frame.timestamp_ms in self._passed or frame in self._waiting:
            return []
        if self._next_ms is None or frame.timestamp_ms < self._next_ms + _FRAME_MS:
            return [self._pass(frame), *self._what_follows()]
        self._waiting = sorted([*self._waiting, frame], key=lambda waiting: waiting.timestamp_ms)
        return self.rest() if len(self._waiting) >= _MOST_WAITING else []

    def rest(self) -> list[Media]:
        """All that waits: nothing more is coming."""
        waiting, self._waiting = self._waiting, []
        return [self._pass(frame) for frame in waiting]

    def _what_follows(self) -> list[Media]:
        found: list[Media] = []
        while self._waiting and self._waiting[0].timestamp_ms < (self._next_ms or 0) + _FRAME_MS:
            found.append(self._pass(self._waiting.pop(0)))
        return found

    def _pass(self, frame: Media) -> Media:
        self._passed.append(frame.timestamp_ms)
        end_ms = frame.timestamp_ms + duration_ms(frame.mulaw)
        self._next_ms = max(end_ms, self._next_ms or 0)
        return frame
