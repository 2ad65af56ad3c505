"""The limits of flushes and characters of a WebSocket within a minute. No I/O, no clock."""

from collections import deque
from dataclasses import dataclass, field

MAX_FLUSHES = 20
"""Documented: further flushes within the minute are answered with a warning, and not processed."""
MAX_CHARACTERS = 2400
"""Not documented, but reported by others: beyond it, the provider closes the socket."""
WINDOW_S = 60.0


@dataclass(slots=True)
class SendBudget:
    """The flushes and characters of the last minute."""

    _sent: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=MAX_FLUSHES))

    def allows(self, characters: int, now_s: float, flushes: int = 1) -> bool:
        """Whether texts with this number of characters can be sent and flushed now."""
        while self._sent and now_s - self._sent[0][0] > WINDOW_S:
            self._sent.popleft()
        used = sum(count for _, count in self._sent)
        # A text that is longer than the limit is sent on a socket without any other.
        fits = used + characters <= MAX_CHARACTERS or not used
        return fits and len(self._sent) + flushes <= MAX_FLUSHES

    def use(self, characters: int, now_s: float) -> None:
        """Count a text and its flush."""
        self._sent.append((now_s, characters))
