"""A shielded call completes although its caller is cancelled."""

import asyncio

import pytest

from parley.bus.shielded import shielded


async def test_the_result_is_returned() -> None:
    """Without a cancellation the call behaves like a plain await."""

    async def work() -> int:
        return 7

    assert await shielded(work()) == 7


async def test_the_work_completes_although_its_caller_is_cancelled() -> None:
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
    """No task awaits the result; an unread exception would fail this test."""
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
