"""Publishes events without waiting for the stream's acks, and resends those that are not acknowledged."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from parley.bus import Bus
from parley.errors import BusError
from parley.failover_timing import EVENT_RESEND_AFTER_S

log = structlog.get_logger()

_POLL_INTERVAL_S = 0.005
_MAX_UNACKED = 100_000
_CLOSE_TIMEOUT_S = 5


@dataclass(slots=True)
class _Unacked:
    subject: str
    data: bytes
    message_id: str
    sent_at_s: float
    sent: bool = False
    """Whether it was published at least once."""


class Outbox:
    """The unacknowledged events of one process. First sends are in order; resends keep the message id."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._inbox = bus.new_inbox()
        self._unacked: dict[str, _Unacked] = {}
        self._count = 0
        self.resent = 0
        """Number of times that an event was published again."""
        self._resend_lock = asyncio.Lock()
        self._synced_reconnections = bus.reconnections
        """The value of `reconnections` at the last complete resend."""
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def unacked(self) -> int:
        """Number of events published and not yet stored."""
        return len(self._unacked)

    async def publish(self, subject: str, data: bytes, message_id: str) -> None:
        """Publish an event and keep it until the stream has stored it.

        Raises:
            BusError: more than 100,000 events wait for a stream that does not store them.
        """
        if len(self._unacked) >= _MAX_UNACKED:
            raise BusError(f"{_MAX_UNACKED} events are not stored yet; the CALLS stream accepts none")
        self._count += 1
        token = str(self._count)
        item = _Unacked(subject, data, message_id, asyncio.get_running_loop().time())
        self._unacked[token] = item
        self._empty.clear()
        async with self._resend_lock:
            if self._synced_reconnections == self._bus.reconnections:
                await self._send(token, item)
            else:
                await self._resend_all()

    async def wait_acked(self, timeout_s: float) -> bool:
        """Wait until all events are stored; False if the time runs out."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def wait_subject_acked(self, prefix: str, timeout_s: float) -> bool:
        """Wait until all events whose subject starts with `prefix` are stored; False if the time runs out."""
        try:
            async with asyncio.timeout(timeout_s):
                while self._has_unacked(prefix):  # noqa: ASYNC110 - rare
                    await asyncio.sleep(_POLL_INTERVAL_S)
        except TimeoutError:
            return False
        return True

    def _has_unacked(self, prefix: str) -> bool:
        return any(item.subject.startswith(prefix) for item in self._unacked.values())

    async def _send(self, token: str, item: _Unacked) -> None:
        if not self._bus.connected:
            # Sent after the reconnection, in order with all others.
            return
        self.resent += item.sent
        item.sent = True
        try:
            await self._bus.publish_acked(
                item.subject, item.data, message_id=item.message_id, reply=f"{self._inbox}.{token}"
            )
        except BusError as error:
            log.warning("event_not_sent_yet", subject=item.subject, error=str(error))

    async def read_acks(self) -> None:
        """Long-lived: drop the events that are stored."""
        async with self._bus.subscribe(f"{self._inbox}.*") as acks:
            async for ack in acks:
                token = ack.subject.rpartition(".")[2]
                item = self._unacked.get(token)
                if item is None:
                    continue
                # An empty reply is NATS' "no responders": no stream covers the subject.
                error = json.loads(ack.data).get("error") if ack.data else "no stream"
                if error:
                    log.warning("event_not_stored_yet", subject=item.subject, error=error)
                    continue
                del self._unacked[token]
                if not self._unacked:
                    self._empty.set()

    async def resend_on_reconnect(self) -> None:
        """Long-lived: resend after each reconnection; the previous server may not have stored the events."""
        while True:
            await self._bus.reconnected()
            async with self._resend_lock:
                if self._synced_reconnections != self._bus.reconnections:
                    await self._resend_all()

    async def _resend_all(self) -> None:
        self._synced_reconnections = self._bus.reconnections
        now_s = asyncio.get_running_loop().time()
        for token, item in tuple(self._unacked.items()):
            item.sent_at_s = now_s
            await self._send(token, item)

    async def resend_expired(self) -> None:
        """Long-lived: resend events that are not acknowledged in time."""
        while True:
            await asyncio.sleep(EVENT_RESEND_AFTER_S / 2)
            now_s = asyncio.get_running_loop().time()
            late = [(t, i) for t, i in self._unacked.items() if now_s - i.sent_at_s > EVENT_RESEND_AFTER_S]
            for token, item in late:
                item.sent_at_s = now_s
                await self._send(token, item)


@asynccontextmanager
async def open_outbox(bus: Bus) -> AsyncIterator[Outbox]:
    """An outbox and its tasks; exiting waits up to 5 s for the last acks."""
    outbox = Outbox(bus)
    async with asyncio.TaskGroup() as tasks:
        work = (outbox.read_acks(), outbox.resend_expired(), outbox.resend_on_reconnect())
        background = [tasks.create_task(one) for one in work]
        try:
            yield outbox
            if not await outbox.wait_acked(timeout_s=_CLOSE_TIMEOUT_S):
                log.error("events_not_stored", count=outbox.unacked)
        finally:
            for task in background:
                task.cancel()
