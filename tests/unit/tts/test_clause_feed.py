"""The text of one reply, as it arrives."""

import asyncio

from services.tts.clause_feed import ClauseFeed


async def test_a_reader_waits_for_its_clause() -> None:
    """The clause is returned on arrival, and may be read again."""
    feed = ClauseFeed()
    second = asyncio.ensure_future(feed.get(1))
    feed.update(("a",), complete=False)
    await asyncio.sleep(0)
    assert not second.done()
    feed.update(("a", "b"), complete=False)

    assert await second == "b"
    assert await feed.get(0) == "a"


async def test_after_the_last_clause_the_reader_gets_none() -> None:
    """Waiting ends when the reply is complete."""
    feed = ClauseFeed()
    third = asyncio.ensure_future(feed.get(2))
    await asyncio.sleep(0)
    feed.update(("a", "b"), complete=True)

    assert await third is None
