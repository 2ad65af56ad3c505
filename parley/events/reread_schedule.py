"""Decides when a call's log must be read from the stream because live events may have been missed."""

import asyncio
import time
from math import inf

from parley.bus import Bus, Subscription

_AFTER_S = 2.0
"""By then a lagging replica has every event, and events that no server had stored were resent."""
_WAKE_AFTER_S = 0.05


class RereadSchedule:
    """When the log is read again: at once after a gap in the live events, and once more after 2 s."""

    def __init__(self, bus: Bus, live: Subscription) -> None:
        self._bus = bus
        self._live = live
        self._gap_count = bus.gap_count
        self._due_s = inf

    @property
    def pending(self) -> bool:
        """Whether the log will be read again."""
        return self._due_s < inf

    def take_due(self) -> bool:
        """Whether the log must be read now; the caller does so."""
        now_s = time.monotonic()
        if self._bus.gap_count != self._gap_count:
            self._gap_count = self._bus.gap_count
            self.postpone()
            return True
        if now_s < self._due_s:
            return False
        self._due_s = inf
        return True

    def postpone(self) -> None:
        """Read the log in 2 s."""
        self._due_s = time.monotonic() + _AFTER_S
        asyncio.get_running_loop().call_later(_AFTER_S + _WAKE_AFTER_S, self._live.wake)

    def now(self) -> None:
        """Read the log as soon as the session waits for an event."""
        self._due_s = time.monotonic()
        self._live.wake()
