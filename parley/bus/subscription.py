"""What the bus delivers, and what its readers were too slow for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from nats.aio.subscription import Subscription as NatsSubscription

from parley.bus.subscription_reader import SubscriptionReader

log = structlog.get_logger()

_MAX_LOGGED = 1000


@dataclass(frozen=True, slots=True)
class Message:
    """What the bus delivers."""

    subject: str
    data: bytes
    sequence: int = 0
    """Place in the stream, for messages read back; 0 for live ones."""


class Subscription:
    """Live messages of a subject, in order, bounded: a reader that falls far behind loses the newest."""

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
        """The same, and None when something may have been missed: nobody might say anything more."""
        while (message := await self._reader.next()) is not None:
            yield Message(message.subject, message.data) if message.subject else None

    def wake(self) -> None:
        """Wake the reader."""
        self._reader.wake()

    @property
    def pending(self) -> int:
        """Messages that have come and not been read."""
        return self._subscription.pending_msgs


@dataclass(slots=True)
class DropCounter:
    """What a connection's readers were too slow for."""

    count: int = 0
    _logged: set[str] = field(default_factory=set)

    def record(self, subject: str) -> None:
        """Count it; told once for each subject."""
        self.count += 1
        if subject not in self._logged and len(self._logged) < _MAX_LOGGED:
            self._logged.add(subject)
            log.error(
                "reader too slow, messages dropped; they are read again from the stream", subject=subject
            )
