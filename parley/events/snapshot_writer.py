"""Stores snapshots of a stage's states of one call in the background, from the stored log alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from parley.bus import Bus, streams, subjects
from parley.errors import BusError
from parley.events.past import Past
from parley.events.snapshot import dump_snapshot
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

EVENTS_PER_SNAPSHOT = 250
_MAX_AGE_S = 30 * 60.0
"""The stream STATE drops snapshots after two hours."""
_RETRY_INTERVAL_S = 5.0
_READ_TIMEOUT_S = 5.0
_STORE_TIMEOUT_S = 5.0
_HEADERS_BYTES = 1024
"""Room for the subject and the headers within the largest message that the bus accepts."""


class SnapshotWriter:
    """Reads the events of one call again once they are stored, folds them, and stores the states.

    The session does not take part: its state may contain events that are never stored, and miss stored ones.
    """

    def __init__(
        self,
        bus: Bus,
        call_sid: str,
        stage: str,
        past: Past,
        on_settled: Callable[[Sequence[Event], int], None],
        *,
        store: bool,
    ) -> None:
        self._bus = bus
        self._call_sid = call_sid
        self._subject = subjects.call_state(call_sid, stage)
        self._stage = stage
        self._prefix = past.prefix
        self._on_settled = on_settled
        self._store = store and past.prefix.states.storable
        self._unstored = past.events_since_snapshot
        """Number of events that are not part of the stored snapshot."""
        self._due = asyncio.Event()
        self._has_snapshot = past.has_snapshot

    def count_event(self) -> None:
        """Note that the log has one event more."""
        self._unstored += 1
        if self._unstored >= EVENTS_PER_SNAPSHOT:
            self._due.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While entered, store a snapshot after every 250 events, and after 30 minutes with fewer."""
        writing = asyncio.ensure_future(self._run())
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    async def _run(self) -> None:
        try:
            await self._store_snapshots()
        except Exception:  # without snapshots the call continues
            log.exception("snapshots_stopped", stage=self._stage, call_sid=self._call_sid)

    async def _store_snapshots(self) -> None:
        await self._store_after_takeover()
        while True:
            try:
                async with asyncio.timeout(_MAX_AGE_S):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            try:
                await self._read()
                if self._store:
                    await self._store_snapshot()
            except BusError as error:
                log.debug("snapshot_postponed", stage=self._stage, call_sid=self._call_sid, error=str(error))
                await asyncio.sleep(_RETRY_INTERVAL_S)
                self._due.set()

    async def _store_after_takeover(self) -> None:
        """Store a snapshot if the next owner would have to fold as many events as this one."""
        if self._store and self._unstored >= EVENTS_PER_SNAPSHOT:
            with suppress(BusError):
                await self._store_snapshot()

    async def _read(self) -> None:
        """Fold the stored events that were not read yet."""
        batches = self._bus.streams.read_batches(
            streams.CALLS,
            subjects.call_log(self._call_sid),
            from_sequence=self._prefix.last_read + 1,
            timeout_s=_READ_TIMEOUT_S,
            consistent=False,
        )
        self._unstored = 0
        async for batch in batches:
            settled = await self._prefix.add(batch)
            self._on_settled(settled, self._prefix.position)

    async def _store_snapshot(self) -> None:
        if self._prefix.position == 0:
            return
        data = await dump_snapshot(self._prefix, self._call_sid, self._stage)
        if len(data) > self._bus.max_payload - _HEADERS_BYTES:
            self._bus.counts.snapshots.too_large += 1
            log.warning("snapshot_too_large", stage=self._stage, call_sid=self._call_sid, size=len(data))
            return
        # Before it is sent: the writer may be cancelled between the snapshot and its acknowledgement.
        self._has_snapshot = True
        await self._bus.publish_durable(self._subject, data, timeout_s=_STORE_TIMEOUT_S)
        self._unstored = 0
        self._bus.counts.snapshots.stored += 1

    async def discard(self) -> None:
        """Replace the stored snapshot by an empty message, because the call has ended."""
        if not self._has_snapshot:
            return
        try:
            await self._bus.publish(self._subject, b"")
        except BusError as error:
            log.info("snapshot_not_discarded", call_sid=self._call_sid, error=str(error))
