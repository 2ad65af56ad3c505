"""The backends of one process, each opened when a tool first uses it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from parley.records.interfaces import RecordsUnavailable
from parley.records.plugin import RecordsContext, check_options

log = structlog.get_logger()

_OPEN_TIMEOUT_S = 5.0

Interface = TypeVar("Interface")


@dataclass(frozen=True, slots=True)
class _Opened:
    task: asyncio.Task[None]
    backend: asyncio.Future[object]


class RecordsPool:
    """Opens each backend once for each set of options, and closes it at the end of the process."""

    def __init__(self, context: RecordsContext, tasks: asyncio.TaskGroup) -> None:
        self.context = context
        self._tasks = tasks
        self._opened: dict[tuple[str, str], _Opened] = {}

    async def get(self, name: str, options: Mapping[str, Any], interface: type[Interface]) -> Interface:
        """Return an opened backend.

        Raises:
            ConfigError: there is no such backend, or an option is wrong.
            RecordsUnavailable: it cannot be opened, or does not implement the interface.
        """
        key = (name, json.dumps(options, sort_keys=True, default=str))
        opened = self._opened.get(key)
        if opened is None or opened.task.done():
            opened = self._opened[key] = self._open(name, options)
        try:
            async with asyncio.timeout(_OPEN_TIMEOUT_S):
                backend = await asyncio.shield(opened.backend)
        except TimeoutError:
            raise RecordsUnavailable(f"backend {name}: not opened within {_OPEN_TIMEOUT_S:g} s") from None
        if not isinstance(backend, interface):
            raise RecordsUnavailable(f"backend {name} does not implement {interface.__name__}")
        return backend

    def _open(self, name: str, options: Mapping[str, Any]) -> _Opened:
        plugin, checked = check_options(name, options)
        backend: asyncio.Future[object] = asyncio.get_running_loop().create_future()

        async def keep_open() -> None:
            # Opened and closed in one task, which a task group within the backend requires.
            try:
                async with plugin.open(self.context, checked) as value:
                    backend.set_result(value)
                    await asyncio.Event().wait()
            except Exception as error:
                # A third-party backend may raise anything; the next use opens it again.
                log.error("records_backend_failed", backend=name, error=f"{type(error).__name__}: {error}")
                if not backend.done():
                    backend.set_exception(RecordsUnavailable(f"backend {name}: {type(error).__name__}"))
                    backend.exception()

        return _Opened(self._tasks.create_task(keep_open(), name=f"records {name}"), backend)

    def close(self) -> None:
        """Close all backends; the task group waits for them."""
        for opened in self._opened.values():
            opened.task.cancel()


@asynccontextmanager
async def open_records(context: RecordsContext) -> AsyncIterator[RecordsPool]:
    """Keep the pool open while entered; nothing is opened before it is used."""
    async with asyncio.TaskGroup() as tasks:
        pool = RecordsPool(context, tasks)
        try:
            yield pool
        finally:
            pool.close()
