"""Shadow mode: compares the current policies with the decisions of live calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.errors import ConfigError
from parley.runtime.shadow import WatchCall
from parley.runtime.stage import CallContext
from parley.telemetry.catalogue.survival import SHADOW_DIFFERENCES
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from services.brain.decision_replay import DecisionReplay

log = structlog.get_logger()


@asynccontextmanager
async def open_shadow(telemetry: Telemetry) -> AsyncIterator[WatchCall]:
    """Register the metric and yield the function that watches one call."""
    counter = SHADOW_DIFFERENCES.counter(telemetry.registry)

    async def watch(call: CallContext) -> None:
        replay = DecisionReplay(call.agent)
        async for event in call.log.past():
            replay.feed(event)
            await _follow_agent(call, replay, event)
        async for event in call.log:
            found = replay.feed(event)
            await _follow_agent(call, replay, event)
            for difference in found:
                counter.labels(kind=difference.side).inc()
                log.info(
                    "shadow_difference",
                    at_ms=difference.at_ms,
                    side=difference.side,
                    action=difference.action,
                )
            if event.HasField("call_ended"):
                return

    yield watch


async def _follow_agent(call: CallContext, replay: DecisionReplay, event: Event) -> None:
    """After a hand-off or in another language, decide as the next agent, unless that cannot be read."""
    if event.HasField("agent_changed") or event.HasField("language_changed"):
        agent = replay.state.conversation.agent
        try:
            found = await call.call_agents.find(agent.name, agent.version, agent.language)
            replay.change_agent(found.config)
        except ConfigError as error:
            log.warning("shadow_agent_refused", agent=agent.name, error=str(error))
