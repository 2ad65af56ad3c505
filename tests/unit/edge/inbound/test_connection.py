"""Tests of the timestamps of messages."""

import asyncio
from collections.abc import AsyncIterator

from services.edge.inbound.connection import TimestampedMessage, TimestampedMessages
from services.edge.twilio.media_messages import Mark, Message

BETWEEN_S = 0.1


class Incoming:
    """The messages of a fake socket; None ends them."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Message | None] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.queue.get()) is not None:
            yield message


async def test_messages_keep_their_arrival_times_until_they_are_read() -> None:
    """Buffered messages come first, then later ones, each once."""
    incoming = Incoming()
    async with TimestampedMessages(incoming) as messages:
        for name in ("1", "2", "3"):
            incoming.queue.put_nowait(Mark(name))
            await asyncio.sleep(BETWEEN_S)
        for last in (Mark("4"), None):
            incoming.queue.put_nowait(last)
        received: list[TimestampedMessage] = [one async for one in messages]

    assert [one.message for one in received] == [Mark(name) for name in "1234"]
    assert received[2].at_us - received[0].at_us >= 1.5 * BETWEEN_S * 1e6


async def test_a_socket_that_closes_early_delivers_its_messages() -> None:
    """The iteration ends after the buffered messages."""
    incoming = Incoming()
    async with TimestampedMessages(incoming) as messages:
        for message in (Mark("1"), None, None):
            incoming.queue.put_nowait(message)
        await asyncio.sleep(0)
        assert [one.message async for one in messages] == [Mark("1")]
