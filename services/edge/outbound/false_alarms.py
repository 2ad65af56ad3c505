"""Counts pauses for noise: on a noisy line, voice activity is no sign of speech. No I/O, no clock."""

from collections import deque

_MAX_ALARMS, _MEMORY_MS = 2, 30_000


class FalseAlarms:
    """The call times at which a pause turned out to be for noise."""

    def __init__(self) -> None:
        self._at_ms: deque[int] = deque(maxlen=_MAX_ALARMS)

    def add(self, now_ms: int) -> None:
        """Record a pause for noise."""
        self._at_ms.append(now_ms)

    def is_noisy(self, now_ms: int) -> bool:
        """Whether only words should stop the agent: there were two such pauses within the last 30 s."""
        return len(self._at_ms) == _MAX_ALARMS and now_ms - self._at_ms[0] < _MEMORY_MS
