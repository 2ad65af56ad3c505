"""What the bus delivers, and what its readers were too slow for."""

from asyncio import QueueFull
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription

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

    def __aiter__(self) -> AsyncIterator[Message]:
        return self._messages()

    async def _messages(self) -> AsyncIterator[Message]:
        async for message in self._subscription.messages:
            if message.subject:
                yield Message(message.subject, message.data)

    async def or_nudges(self) -> AsyncIterator[Message | None]:
        """The same, and None when something may have been missed: nobody might say anything more."""
        async for message in self._subscription.messages:
            yield Message(message.subject, message.data) if message.subject else None

    def nudge(self) -> None:
        """Wake the reader."""
        queue = self._subscription._pending_queue  # noqa: SLF001 - there is no other way into it
        # Of a full queue its reader will hear anyway.
        with suppress(QueueFull):
            queue.put_nowait(Msg(self._subscription._conn))  # noqa: SLF001 - as above

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
