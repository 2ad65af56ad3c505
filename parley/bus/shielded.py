"""Runs nats-py calls that must not be cancelled halfway, or that a single cancellation may not end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_CANCEL_INTERVAL_S = 0.05


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; if the caller is cancelled, `work` still runs to completion.

    A cancelled flush breaks the whole connection when its reply arrives, and Python 3.11's wait_for, which
    nats-py uses, swallows a cancellation that arrives together with the reply.
    """
    task = asyncio.ensure_future(work)
    # Read the exception once, so that asyncio does not report one that no task waits for.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)


async def limited(work: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """Await `work`, and cancel it until it ends if it takes too long or the caller is cancelled.

    Where Python 3.11's wait_for swallows a cancellation (see `shielded`), a loop of retries would never end.

    Raises:
        TimeoutError: `work` takes longer than `timeout_s`.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_INTERVAL_S)
        # Read the exception once, as above.
        _ = task.cancelled() or task.exception()
