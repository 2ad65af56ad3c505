"""How full the streams are: a gauge, and a word before one drops what it should keep."""

import asyncio

import structlog
from prometheus_client import CollectorRegistry, Gauge

from parley import telemetry_names as names
from parley.bus import Bus
from parley.errors import BusError

log = structlog.get_logger()

_EVERY_S = 15.0
_NEARLY_FULL = 0.9


class StreamWatch:
    """A process's eye on the bus."""

    def __init__(self, bus: Bus, registry: CollectorRegistry) -> None:
        self._bus = bus
        self._filled = Gauge(names.METRIC_STREAM_FILLED, "Share of its limit", ["stream"], registry=registry)
        self._told: set[str] = set()

    async def watch(self) -> None:
        """Long-lived: look, now and then."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Look once; a bus that is away tells of itself."""
        try:
            filled = await self._bus.filled()
        except BusError:
            return
        for stream, share in filled.items():
            self._filled.labels(stream=stream).set(share)
            if share < _NEARLY_FULL:
                self._told.discard(stream)
            elif stream not in self._told:
                self._told.add(stream)
                log.error(
                    "stream nearly full, at its limit messages are dropped or refused: raise its max_bytes",
                    stream=stream,
                    filled=round(share, 3),
                )
