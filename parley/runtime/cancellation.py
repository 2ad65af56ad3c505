"""Works around cancellations that asyncio swallows."""

import asyncio


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was cancelled.

    For code that continues after the failure of a task group: up to Python 3.12 a TaskGroup swallows the
    cancellation of its task when one of its children fails at the same moment (CPython issue 116720).
    This works only if the task was waiting inside the group's block. If it waits at the end of the block, the
    group does not undo the cancellation with which it woke the task.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
