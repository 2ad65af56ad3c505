"""Reads a subscription's messages straight from the client's queue.

nats-py's own iterator creates a task for each message and its `next_msg` creates two, which was a fifth of
what a call costs a stage at 100 messages a second. The accounting that the iterator does is done here as
well.
"""

import asyncio
from contextlib import suppress

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

from parley.bus.nats_internals import closed_future, empty_message, mark_read, pending_queue

_LATE_TIMER_S = 0.05
"""A timeout that fires later than this was delayed by our own event loop: the message may have arrived."""


class SubscriptionReader:
    """Reads one subscription, made without a callback, from one task."""

    def __init__(self, subscription: NatsSubscription) -> None:
        self._subscription = subscription
        self._queue = pending_queue(subscription)
        self._closed = closed_future(subscription)
        self._closed.add_done_callback(lambda _closed: self.wake())

    async def next(self) -> Msg | None:
        """Wait for the next message (without subject after `wake`); None when the subscription is closed."""
        if self._closed.done() and self._queue.empty():
            return None
        message = await self._queue.get()
        self._queue.task_done()
        mark_read(self._subscription, message)
        return message if message.subject or not self._closed.done() else None

    async def next_within(self, timeout_s: float) -> Msg | None:
        """Wait up to `timeout_s` for the next message; None when the subscription is closed.

        Raises:
            TimeoutError: none arrived in time; a wait that ended late, as this process was busy, is repeated.
        """
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + timeout_s
            try:
                async with asyncio.timeout(timeout_s):
                    return await self.next()
            except TimeoutError:
                if loop.time() - due_s < _LATE_TIMER_S:
                    raise

    def wake(self) -> None:
        """Make `next` return, though no message arrived."""
        # A reader with a full queue does not wait.
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(empty_message(self._subscription))
