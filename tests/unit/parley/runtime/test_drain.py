"""When a process that ends leaves a call."""

import asyncio

import pytest

from parley.runtime.drain import DrainHandle, HandoverRequested


async def for_ever(left: asyncio.Event) -> None:
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        left.set()


async def test_a_call_is_left_at_a_good_moment_and_not_before() -> None:
    """The work is over by then."""
    stopping, left, good = asyncio.Event(), asyncio.Event(), asyncio.Event()
    leaving = DrainHandle(stopping, timeout_s=30)
    leaving.set_safe_point(good.is_set)
    working = asyncio.create_task(leaving.run(for_ever(left)))

    stopping.set()
    await asyncio.sleep(0.1)
    assert not working.done()
    good.set()
    with pytest.raises(HandoverRequested):
        await working
    assert left.is_set()


async def test_there_is_a_limit_to_waiting() -> None:
    """Somebody who never stops talking does not keep a process for ever."""
    stopping = asyncio.Event()
    leaving = DrainHandle(stopping, timeout_s=0.05)
    leaving.set_safe_point(lambda: False)

    stopping.set()
    with pytest.raises(HandoverRequested):
        await leaving.run(for_ever(asyncio.Event()))


async def test_work_that_comes_to_its_end_is_not_handed_over() -> None:
    """Nor is work that fails: its fault is told."""
    stopping = asyncio.Event()
    leaving = DrainHandle(stopping, timeout_s=30)
    leaving.set_safe_point(lambda: False)

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("broken")

    stopping.set()
    await leaving.run(asyncio.sleep(0.01))
    with pytest.raises(ValueError, match="broken"):
        await leaving.run(fail())


async def test_one_who_is_not_to_end_leaves_nothing() -> None:
    """However good the moment."""
    await DrainHandle(asyncio.Event(), timeout_s=0).run(asyncio.sleep(0.05))
