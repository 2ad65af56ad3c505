"""One connection to NATS: say, ask, follow, read, claim."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from parley.bus import request, streams, subjects
from parley.bus.audio_replay.audio_publisher import AudioPublisher
from parley.bus.direct_get import leader_last_sequence, read_last, read_stream
from parley.bus.disruption import DisruptionMonitor
from parley.bus.durable_publish import DurableMessage, publish_durable
from parley.bus.reconnect_signal import ReconnectSignal
from parley.bus.shielded import shielded
from parley.bus.stream_config import consumer_config, consumer_name, stream_config
from parley.bus.subscription import DropCounter, Message, Subscription
from parley.bus.work_queue import Claim, next_claim
from parley.errors import BusError

log = structlog.get_logger()

_SUBSCRIBE_TIMEOUT_S = 8.0
_GONE_S = 0.3
_PENDING_MESSAGES = 65_536
_PENDING_BYTES = 64 * 1024**2


class Bus:
    """One connection to NATS."""

    def __init__(
        self,
        client: Client,
        jetstream: JetStreamContext,
        drops: DropCounter,
        reconnections: ReconnectSignal,
        *,
        replicated: bool = False,
    ) -> None:
        self._client = client
        self._jetstream = jetstream
        self._drops = drops
        self._reconnect_signal = reconnections
        self._replicated = replicated
        self._audio = AudioPublisher(self)
        self._disruption = DisruptionMonitor(self)
        self._subscriptions: set[Subscription] = set()

    @property
    def connected(self) -> bool:
        """Whether the bus is reachable now."""
        return bool(self._client.is_connected)

    @property
    def dropped_messages(self) -> int:
        """Messages that came faster than they were read, and were lost here; the streams have them."""
        return self._drops.count

    @property
    def gap_count(self) -> int:
        """Grows whenever live messages may have been missed: by a new connection, or by a slow reader."""
        return self.reconnections + self._drops.count

    @property
    def reconnections(self) -> int:
        """How often the connection was lost and came back; grows with the very step in which it is back."""
        return int(self._client.stats["reconnects"])

    @property
    def replicated(self) -> bool:
        """Whether the bus is a cluster, as far as is known."""
        return self._replicated

    @property
    def recently_disrupted(self) -> bool:
        """Whether a stream had no leader, or we no connection, only some seconds ago."""
        return self._disruption.recent

    async def reconnected(self) -> None:
        """Until the connection was lost and is there again."""
        await self._reconnect_signal.wait()

    async def publish_audio(self, subject: str, data: bytes) -> None:
        """Say what nobody acknowledges and nobody may miss: after a reconnection it is said again, in order.

        Raises:
            BusError: the connection is closed.
        """
        await self._audio.publish(subject, data)

    async def run_background(self) -> None:
        """Long-lived: say sound again to who has missed some; hear of the bus' disorder."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._audio.serve_retransmits(), name="say sound again")
            tasks.create_task(self._disruption.watch(), name="hear of elections")

    async def request_retransmit(self, subject: str = "") -> None:
        """Of all subjects, or of one in which there is a hole."""
        try:
            await self.publish(subjects.AUDIO_RETRANSMIT, subject.encode())
        except BusError as error:
            log.warning("sound that was missed is not asked for", error=str(error))

    async def on_reconnected(self) -> None:
        """The connection was lost and is there again: mend what may have been missed, on both sides."""
        self._disruption.record()
        await self._audio.on_reconnected()
        self._reconnect_signal.notify()
        for live in tuple(self._subscriptions):
            live.wake()
        await self.request_retransmit()

    async def publish(self, subject: str, data: bytes) -> None:
        """Say it and go on; while the bus is away up to 2 MiB wait.

        Raises:
            BusError: the bus is away and the buffer is full, or the connection is closed.
        """
        try:
            await self._client.publish(subject, data)
        except NatsError as error:
            raise BusError(f"cannot publish on {subject}: {error!r}") from error

    async def publish_acked(self, subject: str, data: bytes, *, message_id: str, reply: str) -> None:
        """Say it; the stream's ack comes to the subject `reply`. The same id again is not stored again."""
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
        """Say it and wait until it is stored; gives its place in the stream.

        Args:
            subject: where.
            data: what.
            message_id: the same id again is not stored again.
            expect_last: store it only if the subject's last message has this place (0: if there is none).
            timeout_s: how long to try; a cluster whose leader died takes none for some seconds.

        Raises:
            WriteConflict: the subject's last message is another, be it one with the same id.
            BusError: not stored in time, or refused.
        """
        wanted = DurableMessage(subject, data, message_id, expect_last)
        return await publish_durable(self._jetstream, wanted, timeout_s)

    async def flush(self, timeout_s: float = 2.0) -> None:
        """Wait until the server has all that was said here, and until all that it had for us has come.

        Raises:
            BusError: it did not answer in time.
        """
        try:
            await shielded(self._client.flush(int(timeout_s)))
        except NatsError as error:
            raise BusError(f"the bus does not answer: {error!r}") from error

    def new_inbox(self) -> str:
        """A subject that is ours alone."""
        return str(self._client.new_inbox())

    @asynccontextmanager
    async def subscribe(self, subject: str) -> AsyncIterator[Subscription]:
        """Live messages of a subject from now on: the server knows of it when this is entered.

        Raises:
            BusError: the server does not answer, or the connection is closed.
        """
        try:
            subscription = await self._client.subscribe(
                subject, pending_msgs_limit=_PENDING_MESSAGES, pending_bytes_limit=_PENDING_BYTES
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
        """The server knows of all subscriptions: it says so, or a new connection has begun with them."""
        flushed = asyncio.ensure_future(self.flush(_SUBSCRIBE_TIMEOUT_S))
        flushed.add_done_callback(lambda done: done.cancelled() or done.exception())
        anew = asyncio.ensure_future(self.reconnected())
        try:
            # A server that froze never answers what it was asked over the connection that was given up.
            await asyncio.wait((flushed, anew), return_when=asyncio.FIRST_COMPLETED)
        finally:
            anew.cancel()
            await asyncio.wait([anew])
        if flushed.done() and self.connected:
            flushed.result()

    @asynccontextmanager
    async def respond(
        self, subject: str, answer: Callable[[bytes], Awaitable[bytes | None]]
    ) -> AsyncIterator[None]:
        """Answer requests on a subject; None leaves it to others."""

        async def respond(message: Msg) -> None:
            data = await answer(message.data)
            if data is not None:
                await message.respond(data)

        subscription = await self._client.subscribe(subject, cb=respond)
        try:
            yield
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    async def request(self, subject: str, data: bytes = b"", *, timeout_s: float = 0.5) -> bytes | None:
        """Ask; None when nobody listens or answers in time."""
        return await request.request(self._client, subject, data, timeout_s)

    async def is_alive(self, subject: str, *, timeout_s: float = 0.5) -> bool | None:
        """Whether somebody answers there; None for who is there and does not answer, as one that froze."""
        # Of a cluster a server may be cut off whose clients are on their way to another.
        nobody_s = _GONE_S if self._replicated or self.recently_disrupted else 0.0
        return await request.is_alive(self._client, subject, timeout_s, nobody_s)

    async def read_stream(
        self,
        stream: streams.Stream,
        subject: str,
        *,
        from_sequence: int = 1,
        since_us: int | None = None,
        timeout_s: float = 5.0,
        consistent: bool = True,
    ) -> list[Message]:
        """All stored messages of a subject, in order, without a consumer (NATS' batched direct get, ADR-31).

        Args:
            stream: which.
            subject: of one, or of many by wildcards.
            from_sequence: no earlier place than this.
            since_us: none stored earlier than this (UTC wall clock, microseconds).
            timeout_s: for all of it.
            consistent: nothing that was stored before may be missing; needs a leader.

        Raises:
            BusError: the stream did not answer in time.
        """
        consistent = consistent and self._replicated
        try:
            async with asyncio.timeout(timeout_s):
                return await read_stream(self._client, stream, subject, from_sequence, since_us, consistent)
        except TimeoutError:
            raise BusError(f"{stream.name} was not read within {timeout_s:g} s") from None

    async def has_leader(self, stream: streams.Stream, subject: str, *, timeout_s: float) -> bool:
        """Whether the stream has a leader that tells of a subject in time; a single server is not asked.

        Raises:
            BusError: the stream cannot be read.
        """
        if not self._replicated:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await leader_last_sequence(self._client, stream, subject, 0)
        except TimeoutError:
            return False
        return True

    async def last_message(
        self, stream: streams.Stream, subject: str, *, up_to: int | None = None
    ) -> Message | None:
        """A subject's newest stored message, or that at or before a place, as some copy of the stream has it.

        Raises:
            BusError: the stream did not answer.
        """
        return await read_last(self._client, stream, subject, up_to)

    @asynccontextmanager
    async def work(self, stage: subjects.Stage) -> AsyncIterator[Callable[[float], Awaitable[Claim | None]]]:
        """Gives `claim(timeout_s)`, which takes a call that looks for an owner of this stage, or None."""
        puller = await self._jetstream.pull_subscribe_bind(
            consumer=consumer_name(stage), stream=streams.WORK.name
        )

        async def claim(timeout_s: float) -> Claim | None:
            return await next_claim(puller, stage, timeout_s)

        try:
            yield claim
        finally:
            if not self._client.is_closed:
                await puller.unsubscribe()

    async def unclaimed_work(self, stage: subjects.Stage) -> int:
        """Calls that no worker has claimed: the autoscaling signal."""
        info = await self._jetstream.consumer_info(streams.WORK.name, consumer_name(stage))
        return int(info.num_pending or 0)

    async def stream_usage(self) -> dict[str, float]:
        """How much of its limit in bytes each stream holds, 0 to 1.

        Raises:
            BusError: the streams cannot be asked.
        """
        try:
            infos = [await shielded(self._jetstream.stream_info(s.name)) for s in streams.STREAMS]
        except (NatsError, TimeoutError) as error:
            raise BusError(f"the streams cannot be asked: {error!r}") from error
        return {i.config.name or "": i.state.bytes / (i.config.max_bytes or 1) for i in infos}

    async def ensure_streams(self, replicas: int) -> None:
        """Create or update the three streams and a consumer per stage; safe to repeat."""
        for stream in streams.STREAMS:
            config = stream_config(stream, replicas)
            try:
                await self._jetstream.update_stream(config)
            except NotFoundError:
                await self._jetstream.add_stream(config)
        for stage in subjects.STAGES:
            await self._jetstream.add_consumer(streams.WORK.name, consumer_config(stage))
