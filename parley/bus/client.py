"""One connection to NATS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext

from parley.bus.audio_replay.audio_publisher import AudioPublisher
from parley.bus.bus_state import BusState, read_bus_state
from parley.bus.disruption import DisruptionMonitor
from parley.bus.durable_publish import DurableMessage, publish_durable
from parley.bus.request import Requests
from parley.bus.shielded import shielded
from parley.bus.stream_client import StreamClient
from parley.bus.subscription import DropCounter, Message, Subscription
from parley.bus.work_queue import WorkQueue
from parley.errors import BusError
from parley.telemetry.counts import MessageCounts

__all__ = ["Bus", "Message"]

_SUBSCRIBE_TIMEOUT_S = 8.0
_PENDING_MESSAGES = 65_536
_PENDING_BYTES = 64 * 1024**2


class Bus:
    """One connection to NATS: publishes and subscribes; other operations are methods of its attributes."""

    audio: AudioPublisher
    """Publishes audio that is retransmitted after a failure."""
    counts: MessageCounts
    """Messages that the readers of this connection discarded and missed."""
    requests: Requests
    """Sends and answers requests."""
    streams: StreamClient
    """Reads stored messages from the streams."""
    work_queue: WorkQueue
    """Claims calls for a stage."""

    def __init__(
        self, client: Client, jetstream: JetStreamContext, drops: DropCounter, *, replicated: bool = False
    ) -> None:
        self._client = client
        self._jetstream = jetstream
        self._drops = drops
        self._replicated = replicated
        self._disruption = DisruptionMonitor(self)
        self._next_reconnect = asyncio.Event()
        self._subscriptions: set[Subscription] = set()
        self.audio = AudioPublisher(self)
        self.counts = MessageCounts()
        self.requests = Requests(client, self._disruption, replicated=replicated)
        self.streams = StreamClient(client, jetstream, replicated=replicated)
        self.work_queue = WorkQueue(client, jetstream)

    @property
    def connected(self) -> bool:
        """Whether the connection is up."""
        return bool(self._client.is_connected)

    @property
    def dropped_messages(self) -> int:
        """Live messages dropped because they arrived faster than they were read; the streams have them."""
        return self._drops.count

    @property
    def gap_count(self) -> int:
        """Grows when live messages may have been missed, by a reconnection or a slow reader."""
        return self.reconnections + self._drops.count

    @property
    def reconnections(self) -> int:
        """Number of times the connection was lost and restored; incremented when it is restored."""
        return int(self._client.stats["reconnects"])

    @property
    def max_payload(self) -> int:
        """Largest message that the server accepts, in bytes."""
        return int(self._client.max_payload)

    @property
    def replicated(self) -> bool:
        """Whether the bus is a cluster with replicated streams."""
        return self._replicated

    @property
    def recently_disrupted(self) -> bool:
        """Whether, in the last 6 s, a stream had no leader or this process had no connection."""
        return self._disruption.recent

    async def reconnected(self) -> None:
        """Wait for the next reconnection."""
        await self._next_reconnect.wait()

    async def publish(self, subject: str, data: bytes) -> None:
        """Publish without confirmation; while the connection is down, up to 2 MiB are buffered.

        Raises:
            BusError: the connection is closed, or down with a full buffer.
        """
        try:
            await self._client.publish(subject, data)
        except NatsError as error:
            raise BusError(f"cannot publish on {subject}: {error!r}") from error

    async def publish_acked(self, subject: str, data: bytes, *, message_id: str, reply: str) -> None:
        """Publish without waiting; the stream's ack is sent to the subject `reply`.

        The stream stores each message id once.

        Raises:
            BusError: as for `publish`.
        """
        try:
            await self._client.publish(subject, data, reply=reply, headers={"Nats-Msg-Id": message_id})
        except NatsError as error:
            raise BusError(f"cannot publish on {subject}: {error!r}") from error

    async def publish_durable(
        self,
        subject: str,
        data: bytes,
        *,
        message_id: str = "",
        expect_last: int | None = None,
        timeout_s: float = 8.0,
    ) -> int:
        """Publish and wait until the message is stored; return its stream sequence.

        Args:
            subject: the subject of the message.
            data: the payload.
            message_id: the stream stores each message id once.
            expect_last: store only if the subject's last message has this sequence (0: if it has none).
            timeout_s: how long to retry; a cluster whose leader died stores nothing for some seconds.

        Raises:
            WriteConflict: the subject's last message is not the expected one, even if it has the same id; or
            the subject is full, as a work-queue subject is with one message.
            BusError: not stored in time, or refused.
        """
        message = DurableMessage(subject, data, message_id, expect_last)
        return await publish_durable(self._jetstream, message, timeout_s)

    async def flush(self, timeout_s: float = 2.0) -> None:
        """Wait until the server has all published messages, and this process all that were sent to it.

        Raises:
            BusError: the server did not reply in time.
        """
        try:
            await shielded(self._client.flush(int(timeout_s)))
        except NatsError as error:
            raise BusError(f"the bus does not reply: {error!r}") from error

    async def state(self) -> BusState:
        """Read how full the streams are and how much work waits.

        Raises:
            BusError: the bus did not reply.
        """
        return await read_bus_state(self._jetstream)

    def new_inbox(self) -> str:
        """A unique subject for replies to this process."""
        return str(self._client.new_inbox())

    @asynccontextmanager
    async def subscribe(self, subject: str, *, queue: str = "") -> AsyncIterator[Subscription]:
        """Live messages of a subject; the subscription is active on the server once this is entered.

        Of the subscribers with the same `queue`, one receives each message; without it, all do.

        Raises:
            BusError: the server does not reply, or the connection is closed.
        """
        try:
            subscription = await self._client.subscribe(
                subject, queue, pending_msgs_limit=_PENDING_MESSAGES, pending_bytes_limit=_PENDING_BYTES
            )
        except NatsError as error:
            raise BusError(f"cannot subscribe to {subject}: {error!r}") from error
        try:
            if self._client.is_connected:
                await self._confirm_subscription()
            live = Subscription(subscription)
            self._subscriptions.add(live)
            try:
                yield live
            finally:
                self._subscriptions.discard(live)
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    async def _confirm_subscription(self) -> None:
        """Wait until the server has all subscriptions, confirmed by a flush or resent by a reconnection."""
        flushed = asyncio.ensure_future(self.flush(_SUBSCRIBE_TIMEOUT_S))
        flushed.add_done_callback(lambda done: done.cancelled() or done.exception())
        reconnected = asyncio.ensure_future(self.reconnected())
        try:
            # A frozen server never replies to a flush on an abandoned connection.
            await asyncio.wait((flushed, reconnected), return_when=asyncio.FIRST_COMPLETED)
        finally:
            reconnected.cancel()
            await asyncio.wait([reconnected])
        if flushed.done() and self.connected:
            flushed.result()

    async def run_background(self) -> None:
        """Long-lived: retransmit audio on request, and watch for disruptions. `connect` runs it."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.audio.serve_retransmits(), name="retransmit audio")
            tasks.create_task(self._disruption.watch(), name="watch for disruptions")

    async def on_reconnected(self) -> None:
        """Recover messages that may have been lost with the connection. `connect` calls it."""
        self._disruption.record()
        await self.audio.on_reconnected()
        previous, self._next_reconnect = self._next_reconnect, asyncio.Event()
        previous.set()
        for live in tuple(self._subscriptions):
            live.wake()
        await self.audio.request_retransmit()
