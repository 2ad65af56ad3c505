"""Connect, publish, subscribe, read, claim: the only file that speaks NATS."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError, SlowConsumerError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from parley import streams, subjects
from parley.errors import AlreadySaid, BusError

log = structlog.get_logger()

T = TypeVar("T")

_WRONG_LAST_SEQUENCE = 10071
_BATCH = 500
_PENDING_MESSAGES = 65_536
_PENDING_BYTES = 64 * 1024**2
_MOST_TOLD = 1000
_WORKING = b"+WPI"
_DONE = b"+ACK"
_NEVER_AGAIN = b"+TERM"


@dataclass(frozen=True, slots=True)
class Message:
    """What the bus delivers."""

    subject: str
    data: bytes
    sequence: int = 0
    """Place in the stream, for messages read back; 0 for live ones."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A work-queue message in hand: this process owns one stage of one call."""

    call_sid: str
    stage: str
    epoch: int
    """The message's delivery count."""
    _message: Msg

    async def still_working(self) -> None:
        """Keep the message for another ACK_WAIT_S."""
        await self._say(_WORKING)

    async def done(self) -> None:
        """The stage's work on this call is over for good."""
        await self._say(_DONE)

    async def give_back(self, delay_s: float = 0.0) -> None:
        """Let another worker have it."""
        await self._say(b'-NAK {"delay": %d}' % int(delay_s * 1e9) if delay_s else b"-NAK")

    async def give_up(self) -> None:
        """No worker shall have it again."""
        await self._say(_NEVER_AGAIN)

    async def _say(self, word: bytes) -> None:
        try:
            await self._message._client.publish(self._message.reply, word)  # noqa: SLF001 - its ack() allows one call only
        except NatsError as error:
            raise BusError(f"cannot answer for {self.stage} of {self.call_sid}: {error!r}") from error


class Subscription:
    """Live messages of a subject, in order, bounded: a reader that falls far behind loses the newest."""

    def __init__(self, subscription: NatsSubscription) -> None:
        self._subscription = subscription

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[Message]:
        async for message in self._subscription.messages:
            yield Message(message.subject, message.data)

    @property
    def waiting(self) -> int:
        """Messages that have come and not been read."""
        return self._subscription.pending_msgs


@dataclass(slots=True)
class Drops:
    """What a connection's readers were too slow for."""

    count: int = 0
    _told: set[str] = field(default_factory=set)

    def one_more(self, subject: str) -> None:
        """Count it; told once for each subject."""
        self.count += 1
        if subject not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(subject)
            log.error(
                "reader too slow, messages dropped; they are read again from the stream", subject=subject
            )


class Bus:
    """One connection to NATS."""

    def __init__(self, client: Client, jetstream: JetStreamContext, drops: "Drops") -> None:
        self._client = client
        self._jetstream = jetstream
        self._drops = drops

    @property
    def connected(self) -> bool:
        """Whether the bus is reachable now."""
        return bool(self._client.is_connected)

    @property
    def dropped(self) -> int:
        """Messages that came faster than they were read, and were lost here; the streams have them."""
        return self._drops.count

    @property
    def losses(self) -> int:
        """Grows whenever live messages may have been missed: by a new connection, or by a slow reader."""
        return int(self._client.stats["reconnects"]) + self._drops.count

    async def publish(self, subject: str, data: bytes) -> None:
        """Say it and go on; while the bus is away up to 2 MiB wait.

        Raises:
            BusError: the bus is away and the buffer is full, or the connection is closed.
        """
        try:
            await self._client.publish(subject, data)
        except NatsError as error:
            raise BusError(f"cannot publish on {subject}: {error!r}") from error

    async def publish_with_ack_to(self, subject: str, data: bytes, *, message_id: str, reply: str) -> None:
        """Say it; the stream's ack comes to the subject `reply`. The same id again is not stored again."""
        try:
            await self._client.publish(subject, data, reply=reply, headers={"Nats-Msg-Id": message_id})
        except NatsError as error:
            raise BusError(f"cannot publish on {subject}: {error!r}") from error

    async def publish_stored(
        self,
        subject: str,
        data: bytes,
        *,
        message_id: str = "",
        expect_last: int | None = None,
        timeout_s: float = 2.0,
    ) -> int:
        """Say it and wait until it is stored; gives its place in the stream.

        Args:
            subject: where.
            data: what.
            message_id: the same id again is not stored again.
            expect_last: store it only if the subject's last message has this place (0: if there is none).
            timeout_s: how long to wait.

        Raises:
            AlreadySaid: the subject's last message is another.
            BusError: not stored in time, or refused.
        """
        headers = {"Nats-Msg-Id": message_id} if message_id else {}
        if expect_last is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expect_last)
        try:
            publishing = self._jetstream.publish(subject, data, timeout=timeout_s, headers=headers or None)
            ack = await _undisturbed(publishing)
        except APIError as error:
            if error.err_code == _WRONG_LAST_SEQUENCE:
                raise AlreadySaid(subject) from error
            raise BusError(f"{subject} was not stored: {error.description}") from error
        except (NatsError, TimeoutError) as error:
            raise BusError(f"{subject} was not stored: {error!r}") from error
        return int(ack.seq)

    def new_inbox(self) -> str:
        """A subject that is ours alone."""
        return str(self._client.new_inbox())

    @asynccontextmanager
    async def subscribe(self, subject: str) -> AsyncIterator[Subscription]:
        """Live messages of a subject from now on: the server knows of it when this is entered."""
        subscription = await self._client.subscribe(
            subject, pending_msgs_limit=_PENDING_MESSAGES, pending_bytes_limit=_PENDING_BYTES
        )
        try:
            if self._client.is_connected:
                await _undisturbed(self._client.flush(timeout=5))
            yield Subscription(subscription)
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    @asynccontextmanager
    async def answer(self, subject: str, answer: Callable[[bytes], Awaitable[bytes]]) -> AsyncIterator[None]:
        """Answer requests on a subject."""

        async def respond(message: Msg) -> None:
            await message.respond(await answer(message.data))

        subscription = await self._client.subscribe(subject, cb=respond)
        try:
            yield
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    async def ask(self, subject: str, data: bytes = b"", *, timeout_s: float = 0.5) -> bytes | None:
        """Ask; None when nobody listens or answers in time."""
        try:
            reply = await _undisturbed(self._client.request(subject, data, timeout=timeout_s))
        except (NoRespondersError, NatsTimeoutError):
            return None
        return bytes(reply.data)

    async def read(
        self,
        stream: streams.Stream,
        subject: str,
        *,
        from_sequence: int = 1,
        since_us: int | None = None,
        timeout_s: float = 5.0,
    ) -> list[Message]:
        """All stored messages of a subject, in order, without a consumer (NATS' batched direct get, ADR-31).

        Args:
            stream: which.
            subject: of one, or of many by wildcards.
            from_sequence: no earlier place than this.
            since_us: none stored earlier than this (UTC wall clock, microseconds).
            timeout_s: for all of it.

        Raises:
            BusError: the stream did not answer in time.
        """
        found: list[Message] = []
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    start: dict[str, object] = {"seq": from_sequence}
                    if since_us is not None and not found:
                        start = {"start_time": datetime.fromtimestamp(since_us / 1e6, UTC).isoformat()}
                    batch, more = await _undisturbed(self._read_batch(stream, subject, start))
                    found += batch
                    if not more or not batch:
                        return found
                    from_sequence = batch[-1].sequence + 1
        except TimeoutError:
            raise BusError(f"{stream.name} was not read within {timeout_s:g} s") from None

    async def _read_batch(
        self, stream: streams.Stream, subject: str, start: Mapping[str, object]
    ) -> tuple[list[Message], bool]:
        inbox = self.new_inbox()
        request = json.dumps({**start, "batch": _BATCH, "next_by_subj": subject}).encode()
        found: list[Message] = []
        subscription = await self._client.subscribe(inbox)
        try:
            await self._client.publish(f"$JS.API.DIRECT.GET.{stream.name}", request, reply=inbox)
            while True:
                message = await subscription.next_msg(timeout=5)
                headers = message.headers or {}
                status = headers.get("Status")
                if status == "204":
                    return found, headers.get("Nats-Num-Pending", "0") != "0"
                if status == "404":
                    return found, False
                if status is not None:
                    raise BusError(f"{stream.name} cannot be read: status {status}")
                found.append(Message(headers["Nats-Subject"], message.data, int(headers["Nats-Sequence"])))
        except NatsError as error:
            raise BusError(f"{stream.name} cannot be read: {error!r}") from error
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    @asynccontextmanager
    async def work(self, stage: subjects.Stage) -> AsyncIterator[Callable[[float], Awaitable[Claim | None]]]:
        """Gives `claim(timeout_s)`, which takes a call that looks for an owner of this stage, or None."""
        puller = await self._jetstream.pull_subscribe_bind(
            consumer=_consumer_name(stage), stream=streams.WORK.name
        )

        async def claim(timeout_s: float) -> Claim | None:
            # One at a time: a larger batch stays open at the server after the first message, which
            # would send further calls to a worker that is not asking for them any more.
            try:
                [message] = await puller.fetch(1, timeout=timeout_s)
            except (NatsTimeoutError, TimeoutError):
                return None
            except NatsError as error:
                raise BusError(f"cannot claim {stage} work: {error!r}") from error
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # The message came in the moment of cancelling, which Python 3.11's wait_for then forgets.
                await message.nak()
                raise asyncio.CancelledError
            return Claim(
                message.subject.rpartition(".")[2], stage, int(message.metadata.num_delivered), message
            )

        try:
            yield claim
        finally:
            if not self._client.is_closed:
                await puller.unsubscribe()

    async def waiting_work(self, stage: subjects.Stage) -> int:
        """Calls that no worker has claimed: the autoscaling signal."""
        info = await self._jetstream.consumer_info(streams.WORK.name, _consumer_name(stage))
        return int(info.num_pending or 0)

    async def prepare(self, replicas: int) -> None:
        """Create or update the three streams and a consumer per stage; safe to repeat."""
        for stream in streams.STREAMS:
            config = _stream_config(stream, replicas)
            try:
                await self._jetstream.update_stream(config)
            except NotFoundError:
                await self._jetstream.add_stream(config)
        for stage in subjects.STAGES:
            await self._jetstream.add_consumer(streams.WORK.name, _consumer_config(stage))


async def _undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Let the client finish behind our back when we are cancelled.

    A flush that is cancelled breaks the whole connection when its answer comes, and Python 3.11's wait_for,
    on which the client builds, forgets a cancellation that comes together with the answer.
    """
    task = asyncio.ensure_future(work)
    # Read once, so that a failure nobody waits for is not reported as forgotten.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)


def _consumer_name(stage: str) -> str:
    return f"{stage}-workers"


def _stream_config(stream: streams.Stream, replicas: int) -> StreamConfig:
    work = stream.keeps == "work"
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.WORK_QUEUE if work else RetentionPolicy.LIMITS,
        storage=StorageType.FILE if stream.storage == "file" else StorageType.MEMORY,
        max_age=stream.max_age_s,
        max_bytes=stream.max_bytes,
        duplicate_window=stream.duplicate_window_s,
        discard=DiscardPolicy.NEW if work else DiscardPolicy.OLD,
        # One message for a stage of a call, however often the webhook is repeated.
        max_msgs_per_subject=1 if work else -1,
        discard_new_per_subject=work,
        allow_direct=True,
        num_replicas=replicas,
    )


def _consumer_config(stage: subjects.Stage) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=_consumer_name(stage),
        filter_subject=subjects.work_of(stage),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=streams.ACK_WAIT_S,
        deliver_policy=DeliverPolicy.ALL,
        max_deliver=-1,
        max_ack_pending=100_000,
        max_waiting=512,
    )


@asynccontextmanager
async def connect(url: str, name: str, *, timeout_s: float, replicas: int | None = 1) -> AsyncIterator[Bus]:
    """A connection that mends itself for as long as it is open, with streams and consumers in place.

    `replicas` is of each stream; None leaves streams and consumers as they are.

    Raises:
        BusError: no server answered within `timeout_s`; the text names the address.
    """
    client, drops = Client(), Drops()
    await _first_connection(client, url, name, timeout_s, drops)
    bus = Bus(client, client.jetstream(timeout=5), drops)
    try:
        if replicas is not None:
            await _prepare(bus, replicas, timeout_s)
        yield bus
    finally:
        await _close(client)


async def _first_connection(client: Client, url: str, name: str, timeout_s: float, drops: Drops) -> None:
    async def on_error(error: Exception) -> None:
        if isinstance(error, SlowConsumerError):
            drops.one_more(error.subject)
            return
        # While the bus is away each try tells; `bus lost` has said it once.
        log.log(
            logging.DEBUG if isinstance(error, OSError) else logging.WARNING, "bus trouble", error=repr(error)
        )

    async def on_disconnect() -> None:
        if not client.is_closed:
            log.warning("bus lost", url=url)

    async def on_reconnect() -> None:
        log.info("bus is back", url=client.connected_url.netloc if client.connected_url else url)

    try:
        async with asyncio.timeout(timeout_s):
            await client.connect(
                servers=url.split(","),
                name=name,
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.1,  # type: ignore[arg-type] # it is handed to asyncio.sleep
                connect_timeout=2,
                # The default of 120 s would let a silent dead peer hold us for minutes.
                ping_interval=5,
                max_outstanding_pings=2,
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
            )
    except (NatsError, OSError, TimeoutError) as error:
        raise BusError(
            f"no NATS server at {url} (PARLEY_NATS_URL) within {timeout_s:g} s: start one, or set the address"
        ) from error


async def _prepare(bus: Bus, replicas: int, timeout_s: float) -> None:
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        try:
            await bus.prepare(replicas)
        except (NatsError, TimeoutError) as error:
            if asyncio.get_running_loop().time() > deadline:
                raise BusError(f"JetStream is not ready within {timeout_s:g} s: {error!r}") from error
            log.warning("waiting for JetStream", error=repr(error))
            await asyncio.sleep(0.5)
        else:
            return


async def _close(client: Client) -> None:
    try:
        async with asyncio.timeout(5):
            if client.is_connected:
                await client.flush(timeout=2)
            await client.close()
    except (NatsError, TimeoutError) as error:
        log.warning("bus closed in haste", error=repr(error))
