"""The calls that this edge carries, and metrics on their media streams."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from prometheus_client import CollectorRegistry, Counter, Gauge

from parley.telemetry import names


class CallRegistry:
    """Counts the calls of one process and signals when they should leave it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = 0
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = asyncio.Event()
        """Set when each call should move to another edge."""
        self._gauge = Gauge(names.METRIC_CALLS, "Calls that this process carries", registry=registry)
        self.media_frames = Counter(
            names.METRIC_MEDIA_FRAMES, "Audio frames received from callers", registry=registry
        )
        self.invalid_messages = Counter(
            names.METRIC_MEDIA_MESSAGES_INVALID, "Media stream messages that were skipped", registry=registry
        )

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
