"""Ask who is there; nobody is waited for longer than is told."""

import asyncio
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from parley.bus.shielded import shielded
from parley.bus.subscription_reader import SubscriptionReader

_RETRY_INTERVAL_S = 0.2
_PAUSE_S = 0.05
_NO_RESPONDERS = "503"
"""The server's own answer where nobody listens (NATS' "no responders")."""


async def request(client: Client, subject: str, data: bytes, timeout_s: float) -> bytes | None:
    """See `Bus.ask`."""
    try:
        reply = await shielded(client.request(subject, data, timeout=timeout_s))
    except NatsError:
        return None
    return bytes(reply.data)


async def is_alive(client: Client, subject: str, timeout_s: float, nobody_s: float) -> bool | None:
    """See `Bus.lives`.

    Asked again and again: it may be a server that froze, and who hangs on it is soon with another. In between
    nobody is there: that is believed if it is the first answer, and the same `nobody_s` later. An answer that
    is late counts, to whichever question it is.
    """
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    until_s, silent = began_s + timeout_s, False
    try:
        inbox = client.new_inbox()
        subscription = await client.subscribe(inbox)
        try:
            incoming = SubscriptionReader(subscription)
            while (rest_s := until_s - loop.time()) > 0:
                await client.publish(subject, reply=inbox)
                answer = await _within(incoming, min(rest_s, _RETRY_INTERVAL_S))
                if answer is not None and (answer.headers or {}).get("Status") != _NO_RESPONDERS:
                    return True
                silent = silent or answer is None
                if not silent and loop.time() - began_s >= nobody_s:
                    return False
                if answer is not None:
                    await asyncio.sleep(_PAUSE_S)
        finally:
            if not client.is_closed:
                await subscription.unsubscribe()
    except NatsError:
        pass
    return None


async def _within(incoming: SubscriptionReader, timeout_s: float) -> Msg | None:
    with suppress(TimeoutError):
        return await incoming.next_within(timeout_s)
    return None
