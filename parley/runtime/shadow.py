"""Runs a stage as a shadow: follows live calls, publishes nothing, reports what it would have published."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import structlog

from parley.agent_config import AgentConfig, CallData, call_data, rendered
from parley.agent_store import AgentStore, open_agent_store
from parley.bus import Bus, connect_service, subjects
from parley.events.envelope import Body, parse
from parley.events.fold import Fold
from parley.events.log import CallEventLog
from parley.events.outbox import Outbox
from parley.runtime.drain import DrainHandle
from parley.runtime.health import HealthRoutes, health_app, serve
from parley.runtime.stage import CallContext, started_agent
from parley.settings import CommonSettings
from parley.telemetry.setup import SHADOW_SUFFIX, Telemetry, start_telemetry
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_MAX_CALLS = 100
"""Maximum number of calls watched at a time; further calls are skipped, which does not affect them."""

WatchCall: TypeAlias = Callable[[CallContext], Awaitable[None]]
"""Watches one call until it ends; its log is a `ShadowCallLog`."""


class ShadowCallLog(CallEventLog):
    """A call's log that publishes nothing."""

    stores_snapshots = False
    on_would_append: Callable[[Event], None] | None = None
    """Receives each event that would have been appended."""
    on_event: Callable[[Event], None] | None = None
    """Receives each event of the live stages when it is read."""

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for event in super().__aiter__():
            if self.on_event is not None:
                self.on_event(event)
            yield event

    async def append(self, body: Body) -> Event:
        """Build the event without publishing it."""
        event = self._wrap(body)
        if self.on_would_append is not None:
            self.on_would_append(event)
        return event


async def run_shadow(
    stage: str,
    settings: CommonSettings,
    http_port: int,
    open_shadow: Callable[[Telemetry], AbstractAsyncContextManager[WatchCall]],
    stop: asyncio.Event,
    *,
    folds: Sequence[Fold[Any]] = (),
) -> None:
    """Watch all calls that start from now on, until `stop` is set."""
    telemetry = start_telemetry(f"{stage}{SHADOW_SUFFIX}", settings)
    async with (
        connect_service(settings, f"{stage}-shadow", change_streams=False) as bus,
        open_agent_store(bus, settings.agents_dir) as agents,
        open_shadow(telemetry) as watch,
        serve(
            health_app(
                HealthRoutes(telemetry.registry, lambda: "" if bus.connected else "bus is unreachable")
            ),
            settings.http_host,
            http_port,
            setting=f"PARLEY_{stage.upper()}_PORT",
        ) as port,
    ):
        log.info("ready", stage=stage, shadow=True, http_port=port)
        watching = asyncio.ensure_future(_watch_calls(bus, agents, stage, settings, telemetry, watch, folds))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([watching, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (watching, stopping):
            task.cancel()
        await asyncio.gather(watching, stopping, return_exceptions=True)
    telemetry.close()


async def _watch_calls(
    bus: Bus,
    agents: AgentStore,
    stage: str,
    settings: CommonSettings,
    telemetry: Telemetry,
    watch: WatchCall,
    folds: Sequence[Fold[Any]],
) -> None:
    """Long-lived: run one task for each call."""
    calls: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as tasks, bus.subscribe(subjects.ALL_CALL_STARTS) as starts:
        async for message in starts:
            event = parse(message.data)
            if event is None or len(calls) >= _MAX_CALLS:
                continue
            task = tasks.create_task(
                _watch(bus, agents, stage, event.call_sid, settings, telemetry, watch, folds)
            )
            calls.add(task)
            task.add_done_callback(calls.discard)


async def _watch(
    bus: Bus,
    agents: AgentStore,
    stage: str,
    call_sid: str,
    settings: CommonSettings,
    telemetry: Telemetry,
    watch: WatchCall,
    folds: Sequence[Fold[Any]],
) -> None:
    with structlog.contextvars.bound_contextvars(call_sid=call_sid):
        try:
            async with _open_log(bus, call_sid, stage, folds) as call_log:
                agent, data = await _agent(agents, call_log, settings)
                never_drained = DrainHandle(asyncio.Event(), 0)
                await watch(CallContext(call_log, bus, agent, agents, data, telemetry, never_drained))
        except Exception:  # a fault in one call's shadow never affects another
            log.exception("shadow_failed")


async def _agent(
    agents: AgentStore, call_log: CallEventLog, settings: CommonSettings
) -> tuple[AgentConfig, CallData]:
    """The agent of the call, or the file of the same name that the shadow is to try."""
    started = call_log.facts.started
    if not settings.shadow_agents_dir or started is None:
        return await started_agent(agents, call_log, settings.agent)
    name, data = started.call_started.agent or settings.agent, call_data(started)
    return rendered(AgentStore(settings.shadow_agents_dir).current(name).config, data), data


@asynccontextmanager
async def _open_log(
    bus: Bus, call_sid: str, stage: str, folds: Sequence[Fold[Any]]
) -> AsyncIterator[ShadowCallLog]:
    async with bus.subscribe(subjects.call_log(call_sid)) as live:
        # Not the stage's own name, so that the owner's events count as those of another stage.
        call_log = ShadowCallLog(bus, Outbox(bus), live, call_sid, f"{stage}-shadow", 0, folds=folds)
        async with call_log.opened():
            yield call_log
