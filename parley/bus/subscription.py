"""Live messages of a subject, and a count of those dropped because the reader was too slow."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

from parley.bus.nats_internals import closed_future, empty_message, mark_read, pending_queue

log = structlog.get_logger()

_MAX_LOGGED_SUBJECTS = 1000
_LATE_TIMER_S = 0.05
"""A timeout that fires later than this was delayed by this process's event loop: the message may have
arrived."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message received from the bus, live or read from a stream."""

    subject: str
    data: bytes
    sequence: int = 0
    """Stream sequence of a message read from a stream; 0 for a live one."""


class SubscriptionReader:
    """Reads one subscription without a callback, from one task, directly from the client's queue.

    nats-py's own iterator creates a task for each message and its `next_msg` creates two, a fifth of a
    stage's CPU time per call at 100 messages a second. This class also does the iterator's accounting.
    """

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
            TimeoutError: none arrived in time; a wait that ended late because this process was busy is
            repeated.
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
        """Make `next` return even though no message arrived."""
        # A reader with a full queue is not waiting.
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(empty_message(self._subscription))


class Subscription:
    """Live messages of a subject, in order; when a slow reader's queue is full, new ones are dropped."""

    def __init__(self, subscription: NatsSubscription) -> None:
        self._subscription = subscription
        self._reader = SubscriptionReader(subscription)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[Message]:
        async for message in self.messages_or_wakeups():
            if message is not None:
                yield message

    async def messages_or_wakeups(self) -> AsyncIterator[Message | None]:
        """Yield messages, and None after `wake`: messages may have been missed, and none may follow."""
        while (message := await self._reader.next()) is not None:
            yield Message(message.subject, message.data) if message.subject else None

    def wake(self) -> None:
        """Make `messages_or_wakeups` yield None."""
        self._reader.wake()

    @property
    def pending(self) -> int:
        """Messages received and not read yet."""
        return self._subscription.pending_msgs


@dataclass(slots=True)
class DropCounter:
    """Counts the messages of one connection that were dropped because readers were too slow."""

    count: int = 0
    _logged: set[str] = field(default_factory=set)

    def record(self, subject: str) -> None:
        """Count one message; the first of each subject is logged."""
        self.count += 1
        if subject not in self._logged and len(self._logged) < _MAX_LOGGED_SUBJECTS:
            self._logged.add(subject)
            log.error("slow_reader_messages_dropped", subject=subject, recovery="read from the stream")
