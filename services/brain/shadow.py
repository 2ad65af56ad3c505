"""Shadow mode: compares the current policies with the decisions of live calls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from parley.runtime.shadow import WatchCall
from parley.runtime.stage import CallContext
from parley.telemetry.catalogue.survival import SHADOW_DIFFERENCES
from parley.telemetry.setup import Telemetry
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
        async for event in call.log:
            for difference in replay.feed(event):
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
