"""One connection to NATS: say, ask, follow, read, claim."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from parley import streams, subjects
from parley.bus.claims import Claim, next_claim
from parley.bus.messages import Drops, Message, Subscription
from parley.bus.stored import read_batch
from parley.bus.stream_config import consumer_config, consumer_name, stream_config
from parley.bus.undisturbed import undisturbed
from parley.errors import AlreadySaid, BusError

_SAID_BEFORE = (10071, 10158, 10164)
"""Another last sequence; of replicated streams also the same id, or the same subject, still on its way
(nats-server, server/errors.json)."""
_PENDING_MESSAGES = 65_536
_PENDING_BYTES = 64 * 1024**2


class Bus:
    """One connection to NATS."""

    def __init__(self, client: Client, jetstream: JetStreamContext, drops: Drops) -> None:
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
            AlreadySaid: the subject's last message is another, be it one with the same id.
            BusError: not stored in time, or refused.
        """
        headers = {"Nats-Msg-Id": message_id} if message_id else {}
        if expect_last is not None:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(expect_last)
        try:
            publishing = self._jetstream.publish(subject, data, timeout=timeout_s, headers=headers or None)
            ack = await undisturbed(publishing)
        except APIError as error:
            if expect_last is not None and error.err_code in _SAID_BEFORE:
                raise AlreadySaid(subject) from error
            raise BusError(f"{subject} was not stored: {error.description}") from error
        except (NatsError, TimeoutError) as error:
            raise BusError(f"{subject} was not stored: {error!r}") from error
        if ack.duplicate and expect_last is not None:
            # Whoever says it first would take another's success for its own.
            raise AlreadySaid(subject)
        return int(ack.seq)

    async def flush(self, timeout_s: float = 2.0) -> None:
        """Wait until the server has all that was said here, and until all that it had for us has come.

        Raises:
            BusError: it did not answer in time.
        """
        try:
            await undisturbed(self._client.flush(int(timeout_s)))
        except NatsError as error:
            raise BusError(f"the bus does not answer: {error!r}") from error

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
                await undisturbed(self._client.flush(timeout=5))
            yield Subscription(subscription)
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    @asynccontextmanager
    async def answer(
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

    async def ask(self, subject: str, data: bytes = b"", *, timeout_s: float = 0.5) -> bytes | None:
        """Ask; None when nobody listens or answers in time."""
        try:
            reply = await undisturbed(self._client.request(subject, data, timeout=timeout_s))
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
                    batch, more = await undisturbed(read_batch(self._client, stream, subject, start))
                    found += batch
                    if not more or not batch:
                        return found
                    from_sequence = batch[-1].sequence + 1
        except TimeoutError:
            raise BusError(f"{stream.name} was not read within {timeout_s:g} s") from None

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

    async def waiting_work(self, stage: subjects.Stage) -> int:
        """Calls that no worker has claimed: the autoscaling signal."""
        info = await self._jetstream.consumer_info(streams.WORK.name, consumer_name(stage))
        return int(info.num_pending or 0)

    async def filled(self) -> dict[str, float]:
        """How much of its limit in bytes each stream holds, 0 to 1.

        Raises:
            BusError: the streams cannot be asked.
        """
        try:
            infos = [await undisturbed(self._jetstream.stream_info(s.name)) for s in streams.STREAMS]
        except (NatsError, TimeoutError) as error:
            raise BusError(f"the streams cannot be asked: {error!r}") from error
        return {i.config.name or "": i.state.bytes / (i.config.max_bytes or 1) for i in infos}

    async def prepare(self, replicas: int) -> None:
        """Create or update the three streams and a consumer per stage; safe to repeat."""
        for stream in streams.STREAMS:
            config = stream_config(stream, replicas)
            try:
                await self._jetstream.update_stream(config)
            except NotFoundError:
                await self._jetstream.add_stream(config)
        for stage in subjects.STAGES:
            await self._jetstream.add_consumer(streams.WORK.name, consumer_config(stage))
