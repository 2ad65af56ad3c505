"""What must not be cancelled half-way."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Let the client finish behind our back when we are cancelled.

    A flush that is cancelled breaks the whole connection when its answer comes, and Python 3.11's wait_for,
    on which the client builds, forgets a cancellation that comes together with the answer.
    """
    task = asyncio.ensure_future(work)
    # Read once, so that a failure nobody waits for is not reported as forgotten.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)
