"""The text of one reply as it comes."""

import asyncio

from services.tts.script import Script


async def test_a_reader_waits_for_the_clause_it_asks_for() -> None:
    """And has it as soon as it is known, also a second time."""
    script = Script()
    second = asyncio.ensure_future(script.clause(1))
    script.grow(("a",), complete=False)
    await asyncio.sleep(0)
    assert not second.done()
    script.grow(("a", "b"), complete=False)

    assert await second == "b"
    assert await script.clause(0) == "a"


async def test_after_the_last_clause_there_is_none() -> None:
    """Told as soon as it is known."""
    script = Script()
    third = asyncio.ensure_future(script.clause(2))
    await asyncio.sleep(0)
    script.grow(("a", "b"), complete=True)

    assert await third is None
