"""Measures how late the event loop runs its timers: the saturation signal of a process."""

import asyncio

from prometheus_client import Histogram

_SAMPLE_INTERVAL_S = 0.1


def running_tasks() -> int:
    """Number of tasks in this event loop; returns to its initial value when all calls have ended."""
    return len(asyncio.all_tasks())


class EventLoopLag:
    """Measures the smoothed lateness of the event loop; `delay` observes each sample in seconds."""

    def __init__(self, delay: Histogram | None = None) -> None:
        self.lag_ms = 0.0
        """Lateness of timers, in milliseconds."""
        self._delay = delay

    async def watch(self) -> None:
        """Long-lived: measure every 0.1 s how late a sleep ends."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _SAMPLE_INTERVAL_S
            await asyncio.sleep(_SAMPLE_INTERVAL_S)
            late_ms = max(0.0, (loop.time() - due) * 1000)
            if self._delay is not None:
                self._delay.observe(late_ms / 1000)
            # Rises at once and falls slowly, so that one good sample does not hide an overload.
            self.lag_ms = late_ms if late_ms > self.lag_ms else self.lag_ms * 0.8 + late_ms * 0.2
