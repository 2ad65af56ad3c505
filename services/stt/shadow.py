"""A shadow of stt: it also transcribes live calls and reports turns that it would have ended differently."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog

from parley.runtime.shadow import ShadowCallLog, WatchCall
from parley.runtime.stage import CallContext
from parley.telemetry.catalogue.survival import SHADOW_DIFFERENCES
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from services.stt.service import open_stt
from services.stt.settings import SttSettings
from services.stt.shadow_diff import ShadowDiff, TurnDifference

log = structlog.get_logger()


@asynccontextmanager
async def open_shadow(settings: SttSettings, telemetry: Telemetry) -> AsyncIterator[WatchCall]:
    """Open the shadow of one process; yields the function that watches one call."""
    counter = SHADOW_DIFFERENCES.counter(telemetry.registry)

    def report(differences: Iterable[TurnDifference]) -> None:
        for difference in differences:
            counter.labels(kind=difference.kind).inc()
            log.info(
                "shadow_difference",
                kind=difference.kind,
                at_ms=difference.at_ms,
                amount=difference.amount,
            )

    async with open_stt(settings, telemetry) as service:

        async def watch(call: CallContext) -> None:
            diff = ShadowDiff()
            if not isinstance(call.log, ShadowCallLog):
                raise TypeError("a shadow needs a log that discards what is appended")

            def on_would_append(event: Event) -> None:
                if event.HasField("turn_ended"):
                    report(diff.on_shadow(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

            def on_event(event: Event) -> None:
                if event.HasField("turn_ended") and event.stage == "stt":
                    report(diff.on_live(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

            call.log.on_would_append, call.log.on_event = on_would_append, on_event
            await service.transcribe(call)
            report(diff.close())

        yield watch
