"""Handing a call over when the process stops."""

import asyncio

import pytest

from parley.runtime.drain import DrainHandle, HandoverRequested


async def run_until_cancelled(ended: asyncio.Event) -> None:
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        ended.set()


async def test_a_call_is_handed_over_at_a_safe_point_and_not_before() -> None:
    """The work has ended by the time of the handover."""
    stopping, ended, safe = asyncio.Event(), asyncio.Event(), asyncio.Event()
    drain = DrainHandle(stopping, timeout_s=30)
    drain.set_safe_point(safe.is_set)
    working = asyncio.create_task(drain.run(run_until_cancelled(ended)))

    stopping.set()
    await asyncio.sleep(0.1)
    assert not working.done()
    safe.set()
    with pytest.raises(HandoverRequested):
        await working
    assert ended.is_set()


async def test_a_safe_point_is_waited_for_until_the_timeout() -> None:
    """A caller who never stops talking does not prevent the process from stopping."""
    stopping = asyncio.Event()
    drain = DrainHandle(stopping, timeout_s=0.05)
    drain.set_safe_point(lambda: False)

    stopping.set()
    with pytest.raises(HandoverRequested):
        await drain.run(run_until_cancelled(asyncio.Event()))


async def test_work_that_ends_by_itself_is_not_handed_over() -> None:
    """An exception of the work is raised unchanged."""
    stopping = asyncio.Event()
    drain = DrainHandle(stopping, timeout_s=30)
    drain.set_safe_point(lambda: False)

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("broken")

    stopping.set()
    await drain.run(asyncio.sleep(0.01))
    with pytest.raises(ValueError, match="broken"):
        await drain.run(fail())


async def test_a_process_that_is_not_stopping_hands_nothing_over() -> None:
    """The call stays with it although every moment is a safe point."""
    await DrainHandle(asyncio.Event(), timeout_s=0).run(asyncio.sleep(0.05))
