"""A shielded call survives the cancellation of its caller."""

import asyncio

import pytest

from parley.bus.shielded import shielded


async def test_the_result_is_returned() -> None:
    """Like a plain await."""

    async def work() -> int:
        return 7

    assert await shielded(work()) == 7


async def test_the_work_ends_although_its_caller_is_cancelled() -> None:
    """The caller itself is cancelled at once."""
    release, done = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        await release.wait()
        done.set()

    caller = asyncio.create_task(shielded(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert not done.is_set()
    release.set()
    await asyncio.wait_for(done.wait(), 5)


async def test_a_failure_after_the_cancellation_is_not_reported() -> None:
    """No task waits for it; an unread exception would be an error of this test."""
    release = asyncio.Event()

    async def work() -> None:
        await release.wait()
        raise ValueError

    caller = asyncio.create_task(shielded(work()))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    release.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
