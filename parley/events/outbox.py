"""Say events with acknowledgement, without waiting for it: what is not acknowledged is said again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from parley.bus import Bus
from parley.errors import BusError

log = structlog.get_logger()

_RESEND_AFTER_S = 1.0
_POLL_INTERVAL_S = 0.005
_MAX_UNACKED = 100_000


@dataclass(slots=True)
class _Unacked:
    subject: str
    data: bytes
    message_id: str
    sent_at_s: float


class Outbox:
    """One per process. Order is kept on the first saying; a repeat is told apart by its message id."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._inbox = bus.new_inbox()
        self._unacked: dict[str, _Unacked] = {}
        self._count = 0
        self._resend_lock = asyncio.Lock()
        self._synced_reconnections = bus.reconnections
        """Reconnections after which all was said again."""
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def unacked(self) -> int:
        """Events said and not yet stored."""
        return len(self._unacked)

    async def publish(self, subject: str, data: bytes, message_id: str) -> None:
        """Say it, remember it until the stream has it.

        Raises:
            BusError: more than 100,000 events wait for a stream that does not store them.
        """
        if len(self._unacked) >= _MAX_UNACKED:
            raise BusError(f"{_MAX_UNACKED} events wait to be stored; the CALLS stream takes none")
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
        """Wait until all is stored; False when some is not in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def wait_subject_acked(self, beginning: str, timeout_s: float) -> bool:
        """The same of what was said on subjects that begin so."""
        try:
            async with asyncio.timeout(timeout_s):
                while any(item.subject.startswith(beginning) for item in self._unacked.values()):  # noqa: ASYNC110 - rare
                    await asyncio.sleep(_POLL_INTERVAL_S)
        except TimeoutError:
            return False
        return True

    async def _send(self, token: str, item: _Unacked) -> None:
        if not self._bus.connected:
            # Said when the bus is back, with all others, in order.
            return
        try:
            await self._bus.publish_acked(
                item.subject, item.data, message_id=item.message_id, reply=f"{self._inbox}.{token}"
            )
        except BusError as error:
            log.warning("event waits for the bus", subject=item.subject, error=str(error))

    async def read_acks(self) -> None:
        """Long-lived: forget what is stored."""
        async with self._bus.subscribe(f"{self._inbox}.*") as acks:
            async for ack in acks:
                token = ack.subject.rpartition(".")[2]
                item = self._unacked.get(token)
                if item is None:
                    continue
                # An empty reply is NATS' "no responders": no stream took it.
                refusal = json.loads(ack.data).get("error") if ack.data else "no stream"
                if refusal:
                    log.warning("event not stored, will be said again", subject=item.subject, error=refusal)
                    continue
                del self._unacked[token]
                if not self._unacked:
                    self._empty.set()

    async def resend_on_reconnect(self) -> None:
        """Long-lived: what a server that died may not have passed on is said again to the next."""
        while True:
            await self._bus.reconnected()
            async with self._resend_lock:
                if self._synced_reconnections != self._bus.reconnections:
                    await self._resend_all()

    async def _resend_all(self) -> None:
        self._synced_reconnections = self._bus.reconnections
        now = asyncio.get_running_loop().time()
        for token, item in tuple(self._unacked.items()):
            item.sent_at_s = now
            await self._send(token, item)

    async def resend_expired(self) -> None:
        """Long-lived: repeat what is not stored in time."""
        while True:
            await asyncio.sleep(_RESEND_AFTER_S / 2)
            now = asyncio.get_running_loop().time()
            late = [(t, i) for t, i in self._unacked.items() if now - i.sent_at_s > _RESEND_AFTER_S]
            for token, item in late:
                item.sent_at_s = now
                await self._send(token, item)


@asynccontextmanager
async def open_outbox(bus: Bus) -> AsyncIterator[Outbox]:
    """An outbox and its tasks; leaving waits up to 5 s for the last acks."""
    outbox = Outbox(bus)
    async with asyncio.TaskGroup() as tasks:
        work = (outbox.read_acks(), outbox.resend_expired(), outbox.resend_on_reconnect())
        owned = [tasks.create_task(one) for one in work]
        try:
            yield outbox
            if not await outbox.wait_acked(timeout_s=5):
                log.error("events not stored", count=outbox.unacked)
        finally:
            for task in owned:
                task.cancel()
