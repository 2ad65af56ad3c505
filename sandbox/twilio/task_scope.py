"""Background tasks owned by one task group and cancelled together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class TaskScope:
    """Starts background tasks for calls and callbacks."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run a coroutine as a task."""
        try:
            task = self._group.create_task(work, name=name)
        except RuntimeError:
            # The group is ending; late callbacks are dropped.
            work.close()
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """Cancel all running tasks."""
        for task in tuple(self._tasks):
            task.cancel()


@asynccontextmanager
async def open_task_scope() -> AsyncIterator[TaskScope]:
    """A scope for tasks; tasks still running at its exit are cancelled."""
    async with asyncio.TaskGroup() as group:
        background = TaskScope(group)
        try:
            yield background
        finally:
            background.cancel()
