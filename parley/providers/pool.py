"""Opens providers and connections to them on first use, and closes them with the process or the call."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, Generic, TypeVar

import structlog

from parley.agent_config import ProviderSection, load_agent_config
from parley.errors import ConfigError
from parley.providers.registry import Kind, ProviderContext, check_agent, kinds_of, load_plugin
from parley.settings import CommonSettings

log = structlog.get_logger()

T = TypeVar("T")


class ProviderPool(Generic[T]):
    """Providers, or connections to them, by name; each is opened on first use and then shared."""

    def __init__(
        self, open_resource: Callable[[str], AbstractAsyncContextManager[T]], tasks: asyncio.TaskGroup
    ) -> None:
        self._open_resource = open_resource
        self._tasks = tasks
        self._opened: dict[str, asyncio.Future[T]] = {}
        self._holding: dict[str, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    async def get(self, name: str) -> T:
        """Return the resource. If it cannot be opened, raise the error and try again on the next use.

        One that has closed by itself is opened again.
        """
        opened = self._opened.get(name)
        if opened is None or (opened.done() and opened.exception() is not None):
            opened = self._opened[name] = asyncio.get_running_loop().create_future()
            self._holding[name] = self._tasks.create_task(self._hold(name, opened), name=f"hold {name}")
        return await asyncio.shield(opened)

    def close(self) -> None:
        """Close all resources, and stop opening those that are not open yet."""
        self._closing.set()
        for name, opened in self._opened.items():
            if not opened.done():
                self._holding[name].cancel()

    async def _hold(self, name: str, opened: "asyncio.Future[T]") -> None:
        # In a separate task: a context manager with a task group must be left by the task that entered it.
        try:
            async with self._open_resource(name) as resource:
                opened.set_result(resource)
                await self._closing.wait()
        except Exception as error:
            # Third-party providers may raise anything.
            if opened.done():
                # Not raised: it would end all that the process or the call does, also what uses other routes.
                log.exception("provider_closed_unexpectedly", name=name)
                del self._opened[name]
                return
            opened.set_exception(error)
            opened.exception()  # Marks it as retrieved: the calls waiting for it may have been cancelled.


@asynccontextmanager
async def on_demand_pool(
    open_resource: Callable[[str], AbstractAsyncContextManager[T]],
) -> AsyncIterator[ProviderPool[T]]:
    """A pool whose resources are closed when the context exits."""
    async with asyncio.TaskGroup() as tasks:
        pool = ProviderPool(open_resource, tasks)
        try:
            yield pool
        finally:
            pool.close()


def open_pool(kind: Kind, context: ProviderContext) -> AbstractAsyncContextManager[ProviderPool[Any]]:
    """The providers of one kind in one process, by the name in the agent file."""
    return on_demand_pool(lambda name: _open_provider(kind, name, context))


@asynccontextmanager
async def _open_provider(kind: Kind, name: str, context: ProviderContext) -> AsyncIterator[Any]:
    plugin = load_plugin(kind, name)
    async with AsyncExitStack() as stack:
        try:
            provider = await stack.enter_async_context(plugin.open(context))
        except ConfigError:
            raise
        except Exception as error:
            # Third-party providers may raise anything. The exception's text, which may be personal or secret,
            # appears only in the process's log: the error below is appended to the log of a call.
            log.exception("provider_not_opened", name=name)
            raise ConfigError(f"provider {name!r} cannot be opened: {type(error).__name__}") from None
        yield provider


async def open_default_provider(pool: ProviderPool[Any], kind: Kind, settings: CommonSettings) -> None:
    """Open the default agent's provider before the first call, so that a wrong setting ends the process.

    Raises:
        ConfigError: the provider is unknown, or one of its settings is wrong.
    """
    try:
        agent = load_agent_config(settings.agents_dir, settings.agent)
    except ConfigError as error:
        log.warning("default_agent_not_loaded", error=str(error))
        return
    if kind not in kinds_of(agent):
        return
    check_agent(agent, kind)
    section: ProviderSection = getattr(agent, kind)
    await pool.get(section.provider)
