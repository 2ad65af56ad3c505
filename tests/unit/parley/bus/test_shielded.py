"""A shielded call completes although its caller is cancelled."""

import asyncio

import pytest

from parley.bus.shielded import limited, shielded


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


async def tries_for_ever(swallowed: list[str], count: int) -> None:
    """A loop of retries in which `count` cancellations are taken for another failure."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            if len(swallowed) == count:
                raise
            swallowed.append("cancellation")


async def test_a_limit_holds_although_cancellations_are_swallowed() -> None:
    swallowed: list[str] = []
    with pytest.raises(TimeoutError):
        await limited(tries_for_ever(swallowed, 2), timeout_s=0.01)

    assert len(swallowed) == 2


async def test_a_cancelled_caller_ends_limited_work() -> None:
    swallowed: list[str] = []
    caller = asyncio.ensure_future(limited(tries_for_ever(swallowed, 2), timeout_s=3600))
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert len(swallowed) == 2


async def test_a_limited_result_and_failure_are_passed_on() -> None:
    async def result(failure: Exception | None) -> int:
        if failure is not None:
            raise failure
        return 3

    assert await limited(result(None), timeout_s=3600) == 3
    with pytest.raises(OSError, match="refused"):
        await limited(result(OSError("refused")), timeout_s=3600)
