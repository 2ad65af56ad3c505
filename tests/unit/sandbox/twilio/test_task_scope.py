"""Background tasks end with their scope."""

import asyncio

from sandbox.twilio.task_scope import TaskScope, open_task_scope


async def test_running_tasks_are_cancelled_at_the_exit() -> None:
    """Finished tasks are not affected."""
    finished, cancelled = asyncio.Event(), asyncio.Event()

    async def short() -> None:
        finished.set()

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with open_task_scope() as scope:
        scope.start(short(), "short")
        scope.start(long(), "long")
        await finished.wait()
    assert cancelled.is_set()


async def test_a_task_that_is_started_too_late_is_dropped() -> None:
    """A callback may be due when the scope has ended."""
    group = asyncio.TaskGroup()
    async with group:
        scope = TaskScope(group)
    scope.start(asyncio.sleep(0), "late")
