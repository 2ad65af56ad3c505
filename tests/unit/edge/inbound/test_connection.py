"""Messages keep the moment at which they came, whenever they are read."""

import asyncio
from collections.abc import AsyncIterator

from services.edge.inbound.connection import TimestampedMessage, TimestampedMessages
from services.edge.twilio.media_messages import Mark, Message

BETWEEN_S = 0.1


class Incoming:
    """A socket's messages."""

    def __init__(self) -> None:
        self.come: asyncio.Queue[Message | None] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[Message]:
        while (message := await self.come.get()) is not None:
            yield message


async def test_what_came_while_nobody_listened_keeps_its_time() -> None:
    """Read at once, it lies as far apart as it came; what comes later follows, and nothing comes twice."""
    incoming = Incoming()
    async with TimestampedMessages(incoming) as arrivals:
        for name in ("1", "2", "3"):
            incoming.come.put_nowait(Mark(name))
            await asyncio.sleep(BETWEEN_S)
        for last in (Mark("4"), None):
            incoming.come.put_nowait(last)
        met: list[TimestampedMessage] = [arrival async for arrival in arrivals]

    assert [arrival.message for arrival in met] == [Mark(name) for name in "1234"]
    assert met[2].at_us - met[0].at_us >= 1.5 * BETWEEN_S * 1e6


async def test_a_socket_that_closes_early_has_told_all() -> None:
    """What came before is read, then it is over."""
    incoming = Incoming()
    async with TimestampedMessages(incoming) as arrivals:
        for message in (Mark("1"), None, None):
            incoming.come.put_nowait(message)
        await asyncio.sleep(0)
        assert [arrival.message async for arrival in arrivals] == [Mark("1")]
