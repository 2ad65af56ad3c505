"""How many calls this edge carries, and what it counts of them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge


class CallRegistry:
    """Counters of one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()
        self.draining = asyncio.Event()
        """This process will end: each call shall leave it at a good moment."""
        self._gauge = Gauge("parley_calls", "Calls that this process carries", registry=registry)
        self.frames = Counter("parley_frames_heard", "Frames from callers", registry=registry)
        self.bad_messages = Counter(
            "parley_bad_messages", "Messages that Twilio would not send", registry=registry
        )

    @contextmanager
    def track(self) -> Iterator[None]:
        """A call is being carried."""
        self._count += 1
        self._none.clear()
        self._gauge.set(self._count)
        try:
            yield
        finally:
            self._count -= 1
            self._gauge.set(self._count)
            if not self._count:
                self._none.set()

    async def wait_until_empty(self, timeout_s: float) -> int:
        """Wait until no call is left, or the time is over; gives how many are left."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._none.wait()
        except TimeoutError:
            pass
        return self._count
