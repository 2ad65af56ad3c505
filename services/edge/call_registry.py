"""The calls that this edge carries, and metrics on their media streams."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.calls import MEDIA_FRAMES, MEDIA_MESSAGES_INVALID
from parley.telemetry.catalogue.capacity import CALLS


class CallRegistry:
    """Counts the calls of one process and signals when they should leave it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = asyncio.Event()
        """Set when each call should move to another edge."""
        self._gauge = CALLS.gauge(registry).labels(stage="edge")
        self.media_frames = MEDIA_FRAMES.counter(registry)
        self.invalid_messages = MEDIA_MESSAGES_INVALID.counter(registry)

    @contextmanager
    def track(self) -> Iterator[None]:
        """Count a call while entered."""
        self._count += 1
        self._empty.clear()
        self._gauge.set(self._count)
        try:
            yield
        finally:
            self._count -= 1
            self._gauge.set(self._count)
            if not self._count:
                self._empty.set()

    async def wait_until_empty(self, timeout_s: float) -> int:
        """Wait until no call is left, or for `timeout_s`; returns the number of calls left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        return self._count
