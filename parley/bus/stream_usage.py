"""How full the streams are: a gauge, and a word before one drops what it should keep."""

import asyncio

import structlog
from prometheus_client import CollectorRegistry, Gauge

from parley.bus.stream_client import StreamClient
from parley.errors import BusError
from parley.telemetry import names

log = structlog.get_logger()

_POLL_INTERVAL_S = 15.0
_NEARLY_FULL = 0.9


class StreamUsageMonitor:
    """A process's eye on the bus."""

    def __init__(self, streams: StreamClient, registry: CollectorRegistry) -> None:
        self._streams = streams
        self._filled = Gauge(names.METRIC_STREAM_USAGE, "Share of its limit", ["stream"], registry=registry)
        self._warned: set[str] = set()

    async def watch(self) -> None:
        """Long-lived: look, now and then."""
        while True:
            await self.sample()
            await asyncio.sleep(_POLL_INTERVAL_S)

    async def sample(self) -> None:
        """Look once; a bus that is away tells of itself."""
        try:
            filled = await self._streams.usage()
        except BusError:
            return
        for stream, share in filled.items():
            self._filled.labels(stream=stream).set(share)
            if share < _NEARLY_FULL:
                self._warned.discard(stream)
            elif stream not in self._warned:
                self._warned.add(stream)
                log.error(
                    "stream nearly full, at its limit messages are dropped or refused: raise its max_bytes",
                    stream=stream,
                    filled=round(share, 3),
                )
