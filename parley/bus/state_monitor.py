"""Exports how full the streams are and how much work waits, and warns before a stream drops messages."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CollectorRegistry

from parley.bus.bus_state import BusState
from parley.errors import BusError
from parley.telemetry.catalogue import bus as metrics
from parley.telemetry.catalogue.metric import Metric
from parley.telemetry.collected import Collected, Values

log = structlog.get_logger()

_POLL_INTERVAL_S = 15.0
_TIMEOUT_S = 10.0
_NEARLY_FULL = 0.9
_REMEDIES = {
    "AUDIO": "raise PARLEY_AUDIO_STREAM_MAX_BYTES",
    "CALLS": "raise PARLEY_CALLS_STREAM_MAX_BYTES, or lower PARLEY_CALLS_STREAM_MAX_AGE_S",
    "STATE": "find out why snapshots are large or are not removed; calls continue without them",
    "KV_AGENTS": "purge agent versions that no call uses, with `nats kv purge`; calls continue without more",
    "WORK": "start more workers of the stages whose work is pending",
}


class BusStateMonitor:
    """Exports the state of the bus, and logs an error once a stream is 90 % full.

    While the bus cannot be read, the metrics are missing: an alert must not rely on old values.
    """

    def __init__(self, read: Callable[[], Awaitable[BusState]], registry: CollectorRegistry) -> None:
        self._read = read
        self._state: BusState | None = None
        self._warned: set[str] = set()
        exported: tuple[tuple[Metric, Callable[[BusState], Values]], ...] = (
            (metrics.STREAM_USAGE, lambda state: {(n,): s.usage for n, s in state.streams.items()}),
            (metrics.STREAM_BYTES, lambda state: {(n,): s.bytes for n, s in state.streams.items()}),
            (metrics.STREAM_MESSAGES, lambda state: {(n,): s.messages for n, s in state.streams.items()}),
            (
                metrics.STREAM_REPLICAS_LAGGING,
                lambda state: {(n,): s.lagging_replicas for n, s in state.streams.items()},
            ),
            (metrics.WORK_PENDING, lambda state: {(n,): w.pending for n, w in state.work.items()}),
            (metrics.WORK_IN_PROGRESS, lambda state: {(n,): w.in_progress for n, w in state.work.items()}),
            (metrics.WORK_WORKERS, lambda state: {(n,): w.workers for n, w in state.work.items()}),
            (
                metrics.JETSTREAM_STORAGE_USAGE,
                lambda state: {} if state.storage_usage is None else {(): state.storage_usage},
            ),
        )
        for metric, values in exported:
            registry.register(Collected(metric, self._reader(values)))

    def _reader(self, values: Callable[[BusState], Values]) -> Callable[[], Values]:
        return lambda: {} if self._state is None else values(self._state)

    async def watch(self) -> None:
        """Long-lived: read the state every 15 s."""
        while True:
            await self.sample()
            await asyncio.sleep(_POLL_INTERVAL_S)

    async def sample(self) -> None:
        """Read the state once; it is unknown while the bus is unreachable, which is logged elsewhere."""
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                self._state = await self._read()
        except (BusError, TimeoutError):
            self._state = None
            return
        for stream, state in self._state.streams.items():
            if state.usage < _NEARLY_FULL:
                self._warned.discard(stream)
            elif stream not in self._warned:
                self._warned.add(stream)
                log.error(
                    "stream_nearly_full",
                    stream=stream,
                    usage=round(state.usage, 3),
                    remedy=_REMEDIES.get(stream, ""),
                )
