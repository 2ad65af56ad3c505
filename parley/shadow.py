"""A shadow of a stage: reads every live call, says nothing, and tells where it would have acted otherwise."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeAlias

import structlog

from parley import subjects
from parley.agent import read_agent
from parley.bus import Bus, connect
from parley.envelope import Body, unseal
from parley.event_log import CallLog
from parley.health import Health, health_app, serve
from parley.leaving import Leaving
from parley.outbox import Outbox
from parley.settings import CommonSettings
from parley.stage import OwnedCall
from parley.telemetry import Telemetry, start
from parley.v1.event_pb2 import Event

log = structlog.get_logger()

_MOST_CALLS = 100
"""A shadow that falls behind watches fewer calls, and harms none."""

WatchCall: TypeAlias = Callable[[OwnedCall], Awaitable[None]]
"""Watches one call until it ends; its log is an `UnheardLog`."""


class UnheardLog(CallLog):
    """A call's log for one who has no say in it."""

    unheard: Callable[[Event], None] | None = None
    """Takes what would have been said."""
    heard: Callable[[Event], None] | None = None
    """Takes what others say, as it is read."""

    async def __aiter__(self) -> AsyncIterator[Event]:
        async for event in super().__aiter__():
            if self.heard is not None:
                self.heard(event)
            yield event

    async def say(self, body: Body) -> Event:
        """Say it to nobody."""
        event = self._sealed(body)
        if self.unheard is not None:
            self.unheard(event)
        return event


async def run_shadow(
    stage: str,
    settings: CommonSettings,
    http_port: int,
    open_shadow: Callable[[Telemetry], AbstractAsyncContextManager[WatchCall]],
    stop: asyncio.Event,
) -> None:
    """Watch all calls that begin from now on, until `stop` is set."""
    telemetry = start(f"{stage}-shadow", settings)
    async with (
        connect(
            settings.nats_url, f"{stage}-shadow", timeout_s=settings.start_timeout_s, replicas=None
        ) as bus,
        open_shadow(telemetry) as watch,
        serve(
            health_app(Health(telemetry.registry, lambda: "" if bus.connected else "bus is away")),
            settings.http_host,
            http_port,
        ) as port,
    ):
        log.info("ready", stage=stage, shadow=True, http_port=port)
        following = asyncio.ensure_future(_follow(bus, stage, settings, telemetry, watch))
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait([following, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in (following, stopping):
            task.cancel()
        await asyncio.gather(following, stopping, return_exceptions=True)
    telemetry.close()


async def _follow(
    bus: Bus, stage: str, settings: CommonSettings, telemetry: Telemetry, watch: WatchCall
) -> None:
    """Long-lived: a task for each call."""
    calls: set[asyncio.Task[None]] = set()
    async with asyncio.TaskGroup() as tasks, bus.subscribe(subjects.ALL_CALL_STARTS) as starts:
        async for message in starts:
            event = unseal(message.data)
            if event is None or len(calls) >= _MOST_CALLS:
                continue
            task = tasks.create_task(_watch(bus, stage, event.call_sid, settings, telemetry, watch))
            calls.add(task)
            task.add_done_callback(calls.discard)


async def _watch(
    bus: Bus, stage: str, call_sid: str, settings: CommonSettings, telemetry: Telemetry, watch: WatchCall
) -> None:
    with structlog.contextvars.bound_contextvars(call_sid=call_sid):
        try:
            async with _open(bus, call_sid, stage) as call_log:
                started = next(e.call_started for e in call_log.history if e.HasField("call_started"))
                agent = read_agent(settings.agents_dir, started.agent or settings.agent)
                leaving = Leaving(asyncio.Event(), 0)
                await watch(OwnedCall(call_log, bus, agent, telemetry, leaving))
        except Exception:  # one call's shadow never touches another
            log.exception("shadow failed")


@asynccontextmanager
async def _open(bus: Bus, call_sid: str, stage: str) -> AsyncIterator[UnheardLog]:
    async with bus.subscribe(subjects.call_log(call_sid)) as live:
        # Not the stage's own name: its owner's words are another's to us.
        call_log = UnheardLog(bus, Outbox(bus), live, call_sid, f"{stage}-shadow", 0)
        await call_log.read_history()
        yield call_log
