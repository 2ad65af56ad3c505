"""The work queue: one message for each stage of each call, claimed by the worker that owns the stage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.client import JetStreamContext

from parley.bus import streams, subjects
from parley.bus.stream_config import consumer_name
from parley.errors import BusError


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed work message: ownership of one stage of one call until ack, nak or the ack deadline."""

    call_sid: str
    stage: str
    epoch: int
    """The message's delivery count."""
    _message: Msg

    async def extend(self) -> None:
        """Extend the ack deadline by another ACK_WAIT_S.

        Raises:
            BusError: the bus is unreachable.
        """
        await self._send(self._message.in_progress())

    async def ack(self) -> None:
        """Finish the stage's work on this call: the message is deleted.

        Raises:
            BusError: the bus is unreachable, or the claim was already acked, nak'ed or terminated.
        """
        await self._send(self._message.ack())

    async def nak(self, delay_s: float = 0.0) -> None:
        """Give the message back for another worker, after `delay_s`.

        Raises:
            BusError: as for `ack`.
        """
        await self._send(self._message.nak(delay_s or None))

    async def term(self) -> None:
        """Remove the message: no worker claims it again.

        Raises:
            BusError: as for `ack`.
        """
        await self._send(self._message.term())

    async def _send(self, reply: Awaitable[None]) -> None:
        try:
            await reply
        except NatsError as error:
            raise BusError(f"cannot reply to the {self.stage} work of {self.call_sid}: {error!r}") from error


class WorkQueue:
    """Access to the work queue through one connection."""

    def __init__(self, client: Client, jetstream: JetStreamContext) -> None:
        self._client = client
        self._jetstream = jetstream

    @asynccontextmanager
    async def claims(
        self, stage: subjects.Stage
    ) -> AsyncIterator[Callable[[float], Awaitable[Claim | None]]]:
        """Yield `claim(timeout_s)`, which claims a call that needs an owner, or returns None."""
        puller = await self._jetstream.pull_subscribe_bind(
            consumer=consumer_name(stage), stream=streams.WORK.name
        )

        async def claim(timeout_s: float) -> Claim | None:
            return await _next_claim(puller, stage, timeout_s)

        try:
            yield claim
        finally:
            if not self._client.is_closed:
                await puller.unsubscribe()

    async def unclaimed(self, stage: subjects.Stage) -> int:
        """Calls that no worker has claimed yet."""
        info = await self._jetstream.consumer_info(streams.WORK.name, consumer_name(stage))
        return int(info.num_pending or 0)


async def _next_claim(
    puller: JetStreamContext.PullSubscription, stage: str, timeout_s: float
) -> Claim | None:
    """Claim one call; None when there is none in time.

    Raises:
        BusError: the bus did not reply.
    """
    # One at a time: a larger batch stays open on the server after the first message, and further calls would
    # be delivered to a worker that is not fetching.
    try:
        [message] = await puller.fetch(1, timeout=timeout_s)
    except (NatsTimeoutError, TimeoutError):
        return None
    except NatsError as error:
        raise BusError(f"cannot claim {stage} work: {error!r}") from error
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        # The message arrived with the cancellation, which Python 3.11's wait_for then swallows.
        await message.nak()
        raise asyncio.CancelledError
    call_sid = message.subject.rpartition(".")[2]
    return Claim(call_sid, stage, int(message.metadata.num_delivered), message)
