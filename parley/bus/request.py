"""Requests and replies on the bus, and liveness requests to the owner of a stage or stream."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from enum import Enum

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from parley.bus.disruption import DisruptionMonitor
from parley.bus.shielded import shielded
from parley.bus.subscription import SubscriptionReader
from parley.failover_timing import GONE_AFTER_S

_RETRY_INTERVAL_S = 0.2
_PAUSE_S = 0.05
_NO_RESPONDERS = "503"
"""Status with which the server replies when a subject has no subscriber (NATS' "no responders")."""


class Liveness(Enum):
    """Result of a liveness request."""

    ALIVE = "alive"
    """The process responded."""
    GONE = "gone"
    """No process subscribes to the subject."""
    UNRESPONSIVE = "unresponsive"
    """A process subscribes but does not respond in time: it, or its NATS server, is frozen."""


class Requests:
    """Requests and responses of one connection."""

    def __init__(self, client: Client, disruption: DisruptionMonitor, *, replicated: bool) -> None:
        self._client = client
        self._disruption = disruption
        self._replicated = replicated

    async def send(self, subject: str, data: bytes = b"", *, timeout_s: float = 0.5) -> bytes | None:
        """Send a request and wait for its reply; None when there is no responder or no reply in time."""
        try:
            reply = await shielded(self._client.request(subject, data, timeout=timeout_s))
        except NatsError:
            return None
        return bytes(reply.data)

    @asynccontextmanager
    async def respond(
        self, subject: str, handler: Callable[[bytes], Awaitable[bytes | None]], *, queue: str = ""
    ) -> AsyncIterator[None]:
        """While entered, reply to requests on a subject with the handler's result; None sends no reply.

        Of all processes that name the same queue, one receives each request.
        """

        async def reply(message: Msg) -> None:
            data = await handler(message.data)
            if data is not None:
                await message.respond(data)

        subscription = await self._client.subscribe(subject, queue=queue, cb=reply)
        try:
            yield
        finally:
            if not self._client.is_closed:
                await subscription.unsubscribe()

    async def liveness(self, subject: str, *, timeout_s: float = 0.5) -> Liveness:
        """Check whether the process that responds on a subject is alive.

        The request is repeated, because a frozen NATS server may have lost it and its clients soon move to
        another server. Meanwhile the subject has no subscriber: GONE is returned only if the first replies
        report that, and in a cluster only if they still do after 0.3 s. A late reply to any of the requests
        counts.
        """
        # A server of a cluster may be cut off while its clients are reconnecting to another one.
        gone_after_s = GONE_AFTER_S if self._replicated or self._disruption.recent else 0.0
        try:
            inbox = self._client.new_inbox()
            subscription = await self._client.subscribe(inbox)
            try:
                return await self._probe(
                    subject, inbox, SubscriptionReader(subscription), timeout_s, gone_after_s
                )
            finally:
                if not self._client.is_closed:
                    await subscription.unsubscribe()
        except NatsError:
            return Liveness.UNRESPONSIVE

    async def _probe(
        self, subject: str, inbox: str, replies: SubscriptionReader, timeout_s: float, gone_after_s: float
    ) -> Liveness:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        until_s, subscribed = began_s + timeout_s, False
        while (rest_s := until_s - loop.time()) > 0:
            await self._client.publish(subject, reply=inbox)
            reply = await _next_reply(replies, min(rest_s, _RETRY_INTERVAL_S))
            if reply is None:
                subscribed = True
                continue
            if (reply.headers or {}).get("Status") != _NO_RESPONDERS:
                return Liveness.ALIVE
            if not subscribed and loop.time() - began_s >= gone_after_s:
                return Liveness.GONE
            await asyncio.sleep(_PAUSE_S)
        return Liveness.UNRESPONSIVE


async def _next_reply(replies: SubscriptionReader, timeout_s: float) -> Msg | None:
    with suppress(TimeoutError):
        return await replies.next_within(timeout_s)
    return None
