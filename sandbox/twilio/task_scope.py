"""Tasks that nobody waits for, owned by one group, ended together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


class Background:
    """Runs calls and callbacks."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin some work."""
        try:
            task = self._group.create_task(work, name=name)
        except RuntimeError:
            # The group is ending: what a last call would still tell is dropped.
            work.close()
            return
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def cancel(self) -> None:
        """End all that goes on."""
        for task in tuple(self._tasks):
            task.cancel()


@asynccontextmanager
async def open_background() -> AsyncIterator[Background]:
    """A place for tasks; what still goes on at its end is cancelled."""
    async with asyncio.TaskGroup() as group:
        background = Background(group)
        try:
            yield background
        finally:
            background.cancel()
