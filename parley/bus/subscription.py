"""Live messages of a subject, and the count of those that a slow reader lost."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from nats.aio.subscription import Subscription as NatsSubscription

from parley.bus.subscription_reader import SubscriptionReader

log = structlog.get_logger()

_MAX_LOGGED_SUBJECTS = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """A message received from the bus, live or read from a stream."""

    subject: str
    data: bytes
    sequence: int = 0
    """Stream sequence of a message read from a stream; 0 for a live one."""


class Subscription:
    """Live messages of a subject in order, in a bounded queue: a reader that is too slow loses the newest."""

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
        """Yield messages, and None after `wake`: messages may have been missed, and possibly none follows."""
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
    """Counts the messages that the slow readers of one connection lost."""

    count: int = 0
    _logged: set[str] = field(default_factory=set)

    def record(self, subject: str) -> None:
        """Count one message; the first of each subject is logged."""
        self.count += 1
        if subject not in self._logged and len(self._logged) < _MAX_LOGGED_SUBJECTS:
            self._logged.add(subject)
            log.error("slow_reader_messages_dropped", subject=subject, recovery="read from the stream")
