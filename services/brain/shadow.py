"""A brain that watches live calls: where it would have acted otherwise, in the log and as a metric."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Counter

from parley.runtime.shadow import WatchCall
from parley.runtime.stage import CallContext
from parley.telemetry import names
from parley.telemetry.setup import Telemetry
from services.brain.decision_replay import DecisionReplay

log = structlog.get_logger()


@asynccontextmanager
async def open_shadow(telemetry: Telemetry) -> AsyncIterator[WatchCall]:
    """Gives the function that watches one call."""
    counter = Counter(
        names.METRIC_SHADOW_DIFFERENCES,
        "Acts of one that the other would not do",
        ["whose"],
        registry=telemetry.registry,
    )

    async def watch(call: CallContext) -> None:
        rehearsal = DecisionReplay(call.agent)
        for event in call.log.history:
            rehearsal.feed(event)
        async for event in call.log:
            for difference in rehearsal.feed(event):
                counter.labels(whose=difference.side).inc()
                log.info(
                    "would act otherwise",
                    at_ms=difference.at_ms,
                    whose=difference.side,
                    act=difference.action,
                )
            if event.HasField("call_ended"):
                return

    yield watch
