"""What the bus delivers, and what its readers were too slow for."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from nats.aio.subscription import Subscription as NatsSubscription

from parley.bus.incoming import Incoming

log = structlog.get_logger()

_MOST_TOLD = 1000


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
        self._incoming = Incoming(subscription)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[Message]:
        async for message in self.or_nudges():
            if message is not None:
                yield message

    async def or_nudges(self) -> AsyncIterator[Message | None]:
        """The same, and None when something may have been missed: nobody might say anything more."""
        while (message := await self._incoming.next()) is not None:
            yield Message(message.subject, message.data) if message.subject else None

    def nudge(self) -> None:
        """Wake the reader."""
        self._incoming.wake()

    @property
    def waiting(self) -> int:
        """Messages that have come and not been read."""
        return self._subscription.pending_msgs


@dataclass(slots=True)
class Drops:
    """What a connection's readers were too slow for."""

    count: int = 0
    _told: set[str] = field(default_factory=set)

    def one_more(self, subject: str) -> None:
        """Count it; told once for each subject."""
        self.count += 1
        if subject not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(subject)
            log.error(
                "reader too slow, messages dropped; they are read again from the stream", subject=subject
            )
