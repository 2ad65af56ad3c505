"""Waking tasks that wait for a change."""

import asyncio

from services.brain.realtime.wakeups import Wakeups


async def test_all_waiting_tasks_are_woken() -> None:
    """Once, and a cancelled one is forgotten."""
    wakeups = Wakeups()
    first, second, third = (asyncio.ensure_future(wakeups.wait()) for _ in range(3))
    await asyncio.sleep(0)
    third.cancel()
    wakeups.notify()
    await asyncio.wait([first, second, third], timeout=1)
    assert first.done()
    assert second.done()
    assert third.cancelled()
    wakeups.notify()
