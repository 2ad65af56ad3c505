"""What asyncio forgets of a cancellation."""

import asyncio


def raise_if_cancelled() -> None:
    """Raise CancelledError if this task was told to end.

    For whoever goes on after the failure of a group of tasks: up to Python 3.12 a TaskGroup forgets that its
    task was cancelled when one of its children fails at the same moment (CPython issue 116720).
    The task must have been waiting within the group's block: of one that waits at its end, such a group
    does not take back the cancellation by which it had itself woken it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
