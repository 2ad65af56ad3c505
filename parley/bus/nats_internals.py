"""Private parts of nats-py that Parley uses, each with the reason; no other module touches them.

Checked against nats-py 2.16. Look here first when nats-py is updated.
"""

import asyncio
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription


class ReconnectingClient(Client):
    """A NATS client that drops the old socket before it reconnects.

    nats-py first waits until unsent data is flushed to the old socket, which a dead server never accepts. It
    also leaves the socket to a frozen server open, because such a server accepts a connection but sends no
    greeting. There is no public hook between losing a connection and opening the next one.
    """

    async def _attempt_reconnect(self) -> None:
        abort_socket(self)
        await super()._attempt_reconnect()

    async def _select_next_server(self) -> None:
        abort_socket(self)
        await super()._select_next_server()


def abort_socket(client: Client) -> None:
    """Close the client's socket at once, without flushing it; the client then reconnects."""
    writer = getattr(client._transport, "_io_writer", None)  # noqa: SLF001 - see the module's docstring
    if writer is not None:
        writer.transport.abort()


def pending_queue(subscription: NatsSubscription) -> asyncio.Queue[Msg]:
    """Messages that were received but not read yet.

    The public ways to read them (`messages`, `next_msg`) create one or two tasks for each message, a fifth of
    a stage's CPU time per call at 100 messages a second.
    """
    return subscription._pending_queue  # noqa: SLF001 - see above


def closed_future(subscription: NatsSubscription) -> asyncio.Future[bool]:
    """Done when the subscription or its connection is closed; nats-py notifies only its own iterator."""
    iterator: Any = subscription.messages
    closed: asyncio.Future[bool] = iterator._unsubscribed_future  # noqa: SLF001 - see above
    return closed


def mark_read(subscription: NatsSubscription, message: Msg) -> None:
    """Subtract a message from the pending bytes, which are limited; nats-py's own iterator does the same."""
    subscription._pending_size -= len(message.data)  # noqa: SLF001 - see above


def empty_message(subscription: NatsSubscription) -> Msg:
    """A message without subject or data, to wake the reader of a queue."""
    return Msg(subscription._conn)  # noqa: SLF001 - a message needs a client
