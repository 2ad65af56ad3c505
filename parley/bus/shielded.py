"""Runs nats-py calls that must not be cancelled halfway."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def shielded(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; if the caller is cancelled, `work` still runs to completion.

    A cancelled flush breaks the whole connection when its reply arrives, and Python 3.11's wait_for, which
    nats-py uses, swallows a cancellation that arrives together with the reply.
    """
    task = asyncio.ensure_future(work)
    # Read the exception once, so that asyncio does not report one that no task waits for.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return await asyncio.shield(task)
