"""Detects recent disruptions of the bus, after which missing heartbeats do not prove that a process died."""

import time
from contextlib import AbstractAsyncContextManager
from math import inf
from typing import Protocol

from parley.bus import subjects
from parley.bus.subscription import Subscription
from parley.bus.supervise import supervise
from parley.failover_timing import DISRUPTION_WINDOW_S


class _Subscriber(Protocol):
    def subscribe(self, subject: str) -> AbstractAsyncContextManager[Subscription]: ...


class DisruptionMonitor:
    """Records stream leader elections and lost connections."""

    def __init__(self, bus: _Subscriber) -> None:
        self._bus = bus
        self._last_s = -inf

    @property
    def recent(self) -> bool:
        """Whether the last disruption was less than 6 s ago."""
        return time.monotonic() - self._last_s < DISRUPTION_WINDOW_S

    def record(self) -> None:
        """Record a disruption now."""
        self._last_s = time.monotonic()

    async def watch(self) -> None:
        """Long-lived: record elections, which NATS publishes."""
        await supervise(self._watch_leaders, "leader election watch")

    async def _watch_leaders(self) -> None:
        async with self._bus.subscribe(subjects.leader_elected("*")) as elections:
            async for _ in elections:
                self.record()
