"""Measures how full the streams are, and warns before one drops messages."""

import asyncio

import structlog
from prometheus_client import CollectorRegistry

from parley.bus.stream_client import StreamClient
from parley.errors import BusError
from parley.telemetry.catalogue.bus import STREAM_USAGE

log = structlog.get_logger()

_POLL_INTERVAL_S = 15.0
_NEARLY_FULL = 0.9
_REMEDIES = {
    "AUDIO": "raise PARLEY_AUDIO_STREAM_MAX_BYTES",
    "CALLS": "raise PARLEY_CALLS_STREAM_MAX_BYTES, or lower PARLEY_CALLS_STREAM_MAX_AGE_S",
    "WORK": "start more workers of the stages whose work is pending",
}


class StreamUsageMonitor:
    """Exports each stream's usage as a gauge and logs an error once a stream is 90 % full."""

    def __init__(self, streams: StreamClient, registry: CollectorRegistry) -> None:
        self._streams = streams
        self._usage = STREAM_USAGE.gauge(registry)
        self._warned: set[str] = set()

    async def watch(self) -> None:
        """Long-lived: sample every 15 s."""
        while True:
            await self.sample()
            await asyncio.sleep(_POLL_INTERVAL_S)

    async def sample(self) -> None:
        """Measure once; skipped while the bus is unreachable, which is logged elsewhere."""
        try:
            usage = await self._streams.usage()
        except BusError:
            return
        for stream, share in usage.items():
            self._usage.labels(stream=stream).set(share)
            if share < _NEARLY_FULL:
                self._warned.discard(stream)
            elif stream not in self._warned:
                self._warned.add(stream)
                log.error(
                    "stream_nearly_full",
                    stream=stream,
                    usage=round(share, 3),
                    remedy=_REMEDIES.get(stream, ""),
                )
