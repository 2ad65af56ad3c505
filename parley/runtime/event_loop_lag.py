"""How late the event loop is: the saturation signal of a process."""

import asyncio

_SAMPLE_INTERVAL_S = 0.1


def running_tasks() -> int:
    """Tasks of this event loop: as many as before, once all calls are over."""
    return len(asyncio.all_tasks())


class EventLoopLag:
    """Lateness of the event loop, smoothed."""

    def __init__(self) -> None:
        self.lag_ms = 0.0
        """Milliseconds that a timer came late of late."""

    async def watch(self) -> None:
        """Long-lived: measure by sleeping."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _SAMPLE_INTERVAL_S
            await asyncio.sleep(_SAMPLE_INTERVAL_S)
            late_ms = max(0.0, (loop.time() - due) * 1000)
            # A rise counts at once, a fall slowly, so that one good moment hides no bad second.
            self.lag_ms = late_ms if late_ms > self.lag_ms else self.lag_ms * 0.8 + late_ms * 0.2
