"""Tests of reading a call's events."""

import asyncio

from sandbox.twilio.call_events import CallEvents, Entry


async def collected(events: CallEvents) -> list[Entry]:
    """All events of a call."""
    return [event async for event in events.follow()]


async def test_all_followers_get_all_events() -> None:
    """Early and late followers both get them, up to the last event."""
    events = CallEvents()
    early = asyncio.create_task(collected(events))
    await asyncio.sleep(0)
    events.append({"n": 1})
    await asyncio.sleep(0)
    events.append({"n": 2})
    events.close({"n": 3})
    events.append({"n": 4})

    assert await early == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert await collected(events) == [{"n": 1}, {"n": 2}, {"n": 3}]
