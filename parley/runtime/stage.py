"""Runs one process of a stage: bus, outbox, worker and health server, and a function for each call."""

import asyncio
import os
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import structlog

from parley.agent_config import AgentConfig, CallData, call_data, rendered
from parley.agent_store import AgentStore, open_agent_store
from parley.bus import Bus, Claim, connect_service, streams, subjects
from parley.bus.state_monitor import BusStateMonitor
from parley.bus.subjects import Stage
from parley.errors import BusError
from parley.events.fold import Fold
from parley.events.log import CallEventLog, open_call_log
from parley.events.outbox import open_outbox
from parley.events.time_slices import TimeSlices
from parley.latency.tracer import CallTracer
from parley.runtime.abandonment import abandon_stage
from parley.runtime.call_agents import CallAgents
from parley.runtime.call_watch import watch_call
from parley.runtime.drain import DrainHandle
from parley.runtime.event_loop_lag import EventLoopLag
from parley.runtime.health import HealthRoutes, health_app, serve
from parley.runtime.lease import recorded_release, respond_liveness, take_over
from parley.runtime.ownership import OwnershipMetrics, claim_kind
from parley.runtime.process_metrics import (
    register_bus_metrics,
    register_process_metrics,
    register_state_metrics,
)
from parley.runtime.worker import Worker
from parley.settings import CommonSettings
from parley.telemetry.catalogue.capacity import EVENT_LOOP_DELAY
from parley.telemetry.setup import Telemetry, start_telemetry
from parley.v1.call_pb2 import CallStarted
from parley.v1.work_pb2 import StageClaimed

log = structlog.get_logger()

_MIN_CLAIMS_WITHOUT_LOG = 3
"""Claims of a call without a log after which its work is dropped."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """A call whose stage this process owns, with the resources needed to serve it."""

    log: CallEventLog
    bus: Bus
    agent: AgentConfig
    """The agent in the version that the call started with, with its texts rendered for the call."""
    agents: AgentStore
    """Finds other agents; render their texts with `data`."""
    data: CallData
    """The data of the call for texts of agents."""
    telemetry: Telemetry
    drain: DrainHandle

    @property
    def call_agents(self) -> CallAgents:
        """The agents that may serve this call."""
        return CallAgents(self.agent, self.started.agent_version, self.agents, self.data)

    @property
    def call_sid(self) -> str:
        """Twilio's id of the call."""
        return self.log.call_sid

    @property
    def started(self) -> CallStarted:
        """The numbers and the direction of the call; empty if the log has no call.started."""
        event = self.log.facts.started
        return event.call_started if event is not None else CallStarted()

    @property
    def ended(self) -> bool:
        """Whether the call has ended, according to the events read so far."""
        return self.log.facts.ended is not None


async def started_agent(
    agents: AgentStore, call_log: CallEventLog, default: str
) -> tuple[AgentConfig, CallData]:
    """Return the agent that call.started names, in its version and rendered; `default` if it names none.

    Raises:
        BusError: the log has no call.started.
        ConfigError: there is no such agent, or it is wrong.
    """
    if call_log.facts.started is None:
        raise BusError(f"the log of {call_log.call_sid} has no call.started")
    started = call_log.facts.started.call_started
    data = call_data(call_log.facts.started)
    return rendered(await agents.load(started.agent or default, started.agent_version), data), data


def worker_name(stage: str) -> str:
    """Return the name of this process: stage, host and process id."""
    return f"{stage}/{socket.gethostname()}/{os.getpid()}"


ServeCall: TypeAlias = Callable[[CallContext], Awaitable[None]]
"""Serves one call until it ends; after an exception, another worker tries."""


async def run_stage(
    stage: Stage,
    settings: CommonSettings,
    http_port: int,
    open_service: Callable[[Telemetry], AbstractAsyncContextManager[ServeCall]],
    stop: asyncio.Event,
    why_not_ready: Callable[[], str] = str,
    *,
    folds: Sequence[Fold[Any]] = (),
    serve_process: Callable[[Bus], AbstractAsyncContextManager[object]] = nullcontext,
) -> None:
    """Own calls of `stage` until `stop` is set.

    `open_service` opens the resources that live as long as the process (clients, pools) and yields the
    function that serves one call. `why_not_ready` returns an additional reason why the process is not ready,
    or an empty string. `folds` are the states that the call's log is folded into before a call is served.
    `serve_process` serves requests that concern no claimed call, while it is entered.
    """
    telemetry = start_telemetry(stage, settings)
    lag = EventLoopLag(EVENT_LOOP_DELAY.histogram(telemetry.registry))
    register_process_metrics(telemetry, lag)
    async with (
        connect_service(settings, stage) as bus,
        open_outbox(bus) as outbox,
        open_agent_store(bus, settings.agents_dir) as agents,
        open_service(telemetry) as serve_call,
        serve_process(bus),
        serve(
            health_app(
                HealthRoutes(telemetry.registry, not_ready := partial(_why_not_ready, bus, why_not_ready))
            ),
            settings.http_host,
            http_port,
            setting=f"PARLEY_{stage.upper()}_PORT",
        ) as port,
        asyncio.TaskGroup() as tasks,
    ):
        register_bus_metrics(telemetry, bus, outbox)
        register_state_metrics(telemetry, not_ready, stop.is_set)
        monitors = (
            tasks.create_task(lag.watch()),
            tasks.create_task(BusStateMonitor(bus.state, telemetry.registry).watch()),
        )
        log.info("ready", stage=stage, http_port=port, capacity=settings.max_calls)
        tracer = CallTracer(stage, telemetry.spans)

        metrics = OwnershipMetrics(telemetry.registry, stage, settings.max_calls)
        open_log = partial(
            open_call_log, bus, outbox, folds=folds, slices=TimeSlices(), bus_delay=telemetry.bus_delay
        )

        async def work(claim: Claim, drain: DrainHandle) -> None:
            await _serve_claim(
                claim, drain, bus, agents, open_log, telemetry, tracer, settings, serve_call, metrics
            )

        worker = Worker(bus, stage, settings.max_calls, settings.drain_timeout_s, lag, metrics)
        await worker.run(work, stop, partial(abandon_stage, bus, outbox))
        for task in monitors:
            task.cancel()
    telemetry.close()


def _why_not_ready(bus: Bus, why_not_ready: Callable[[], str]) -> str:
    return why_not_ready() if bus.connected else "bus is unreachable"


async def _serve_claim(
    claim: Claim,
    drain: DrainHandle,
    bus: Bus,
    agents: AgentStore,
    open_log: Callable[[str, str, int], AbstractAsyncContextManager[CallEventLog]],
    telemetry: Telemetry,
    tracer: CallTracer,
    settings: CommonSettings,
    serve_call: ServeCall,
    metrics: OwnershipMetrics,
) -> None:
    began_s = time.monotonic()
    with structlog.contextvars.bound_contextvars(call_sid=claim.call_sid, epoch=claim.epoch):
        opened_log = open_log(claim.call_sid, claim.stage, claim.epoch)
        async with take_over(bus, claim, opened_log) as call_log:
            if not await _has_log(bus, claim, call_log):
                log.error("call_log_missing", stage=claim.stage, effect="the work is dropped")
                return
            agent, data = await started_agent(agents, call_log, settings.agent)
            tracer.follow(call_log)
            metrics.claimed(claim_kind(call_log.facts, claim.stage), began_s)
            # The recorder waits for its storage, however long that takes.
            watching = watch_call(
                bus, call_log, settings.call_check_interval_s, unlimited=claim.stage == "recorder"
            )
            async with respond_liveness(bus, claim), recorded_release(call_log), watching:
                await call_log.append(StageClaimed(worker=worker_name(claim.stage)))
                await drain.run(serve_call(CallContext(call_log, bus, agent, agents, data, telemetry, drain)))


async def _has_log(bus: Bus, claim: Claim, call_log: CallEventLog) -> bool:
    """Whether the log of a claimed call exists; checked after failures, because it may have been deleted.

    Its events may also be missing because the log is not readable yet.
    """
    if claim.epoch < _MIN_CLAIMS_WITHOUT_LOG:
        return True
    started = subjects.call_event(claim.call_sid, "call_started")
    # A snapshot may outlast the log.
    is_stored = await bus.streams.last_message(streams.CALLS, started) is not None
    return is_stored and call_log.facts.started is not None
