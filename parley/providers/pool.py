"""Open providers at their first use, and close them with the process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar, cast

import structlog

from parley.providers.registry import Kind, ProviderContext, ProviderPlugin, load_plugin

log = structlog.get_logger()

P = TypeVar("P")


class ProviderPool(Generic[P]):
    """The open providers of one kind in one process, by name."""

    def __init__(self, kind: Kind, context: ProviderContext, tasks: asyncio.TaskGroup) -> None:
        self._kind: Kind = kind
        self._context = context
        self._tasks = tasks
        self._open: dict[str, asyncio.Future[P]] = {}
        self._closing = asyncio.Event()

    async def get(self, name: str) -> P:
        """The provider, opened if this is its first use; one that could not be opened is tried again.

        Raises:
            ConfigError: it is unknown, cannot be imported, or one of its settings is wrong.
        """
        known = self._open.get(name)
        if known is None or (known.done() and (known.cancelled() or known.exception() is not None)):
            plugin: ProviderPlugin[P] = load_plugin(self._kind, name)
            known = self._open[name] = asyncio.get_running_loop().create_future()
            self._tasks.create_task(self._hold(plugin, known), name=f"{self._kind} {name}")
        return await asyncio.shield(known)

    def close(self) -> None:
        """Close all providers."""
        self._closing.set()

    async def _hold(self, plugin: ProviderPlugin[P], opened: "asyncio.Future[P]") -> None:
        # In a task of its own: a context manager with a task group must be left by the task that entered it.
        try:
            async with plugin.open(self._context) as provider:
                opened.set_result(provider)
                await self._closing.wait()
        except Exception as error:
            if opened.done():
                log.exception("provider_closed_unexpectedly", kind=self._kind)
                raise
            opened.set_exception(cast("BaseException", error))
            opened.exception()  # Marked as retrieved: the calls that wait for it may have been cancelled.


@asynccontextmanager
async def open_pool(kind: Kind, context: ProviderContext) -> AsyncIterator[ProviderPool[P]]:
    """A pool for the lifetime of the process."""
    async with asyncio.TaskGroup() as tasks:
        pool: ProviderPool[P] = ProviderPool(kind, context, tasks)
        try:
            yield pool
        finally:
            pool.close()
