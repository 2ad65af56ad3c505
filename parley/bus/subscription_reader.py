"""A subscription's messages straight from the client's queue.

nats-py's own iterator makes a task for each message and its `next_msg` two, which was a fifth of what a call
costs a stage: of these there are a hundred a second. What it keeps book of is kept here as well.
"""

import asyncio
from contextlib import suppress
from typing import Any

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

_PUNCTUAL_S = 0.05
"""A time limit that strikes later than this strikes for our own delay: what it waits for may have come."""


class SubscriptionReader:
    """One subscription's, made without a callback; read by one task."""

    def __init__(self, subscription: NatsSubscription) -> None:
        self._subscription = subscription
        self._queue = subscription._pending_queue  # noqa: SLF001 - it has no other way that is as cheap
        iterator: Any = subscription.messages
        self._closed: asyncio.Future[bool] = iterator._unsubscribed_future  # noqa: SLF001 - as above
        self._closed.add_done_callback(lambda _over: self.wake())

    async def next(self) -> Msg | None:
        """The next message; None when the subscription is over. One without a subject is a `wake`."""
        if self._closed.done() and self._queue.empty():
            return None
        message = await self._queue.get()
        self._queue.task_done()
        self._subscription._pending_size -= len(message.data)  # noqa: SLF001 - as above
        return message if message.subject or not self._closed.done() else None

    async def next_within(self, timeout_s: float) -> Msg | None:
        """The next message; None when the subscription is over.

        Raises:
            TimeoutError: none came in time, and it was not we who were too busy to take it.
        """
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + timeout_s
            try:
                async with asyncio.timeout(timeout_s):
                    return await self.next()
            except TimeoutError:
                if loop.time() - due_s < _PUNCTUAL_S:
                    raise

    def wake(self) -> None:
        """Have the reader look, though nothing was said."""
        # Who has a full queue to read will look anyway.
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(Msg(self._subscription._conn))  # noqa: SLF001 - as above
