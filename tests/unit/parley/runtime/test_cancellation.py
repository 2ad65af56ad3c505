"""A cancellation that asyncio has swallowed can be raised again."""

import asyncio
from contextlib import suppress

import pytest

from parley.runtime.cancellation import raise_if_cancelled


async def test_nothing_is_raised_without_a_cancellation() -> None:
    """The task continues."""
    raise_if_cancelled()


async def test_a_swallowed_cancellation_is_raised_again() -> None:
    """The task ends as if the cancellation had not been swallowed."""

    async def work() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        raise_if_cancelled()
        pytest.fail("the task continued")

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
