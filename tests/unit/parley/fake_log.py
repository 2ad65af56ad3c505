"""Fakes of a bus, an outbox and a subscription, for logs without a server."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

from parley.bus import Bus, Message
from parley.telemetry.counts import MessageCounts
from parley.v1.event_pb2 import Event


class FakeOutbox:
    """Records the published events."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Event, str]] = []

    async def publish(self, subject: str, data: bytes, message_id: str) -> None:
        """Record an event."""
        self.published.append((subject, Event.FromString(data), message_id))


class FakeSubscription:
    """Yields the given events as live messages."""

    pending = 0

    def __init__(self, *events: Event) -> None:
        self._events = events

    async def messages_or_wakeups(self) -> AsyncIterator[Message | None]:
        """Yield each event."""
        for one in self._events:
            yield Message("call.CA1.x", one.SerializeToString())


async def no_messages(*_args: Any, **_options: Any) -> list[Message]:
    return []


BUS = cast(
    "Bus",
    SimpleNamespace(gap_count=0, counts=MessageCounts(), streams=SimpleNamespace(read=no_messages)),
)
