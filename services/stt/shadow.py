"""An stt that watches live calls: hears them too, and tells which turns it would have ended otherwise."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Counter

from parley.circuit_breaker import CircuitBreakers
from parley.runtime.shadow import ShadowCallLog, WatchCall
from parley.runtime.stage import CallContext
from parley.telemetry import names
from parley.telemetry.setup import Telemetry
from parley.v1.event_pb2 import Event
from services.stt.providers.deepgram import new_client
from services.stt.session import TranscriptionSession
from services.stt.settings import SttSettings
from services.stt.shadow_diff import ShadowDiff, TurnDifference
from services.stt.silero import VadPool

log = structlog.get_logger()


@asynccontextmanager
async def open_shadow(settings: SttSettings, telemetry: Telemetry) -> AsyncIterator[WatchCall]:
    """Gives the function that listens to one call."""
    client, breakers, detectors = new_client(settings), CircuitBreakers(), VadPool()
    counter = Counter(
        names.METRIC_SHADOW_DIFFERENCES,
        "Turns that were heard otherwise",
        ["what"],
        registry=telemetry.registry,
    )

    def tell(found: Iterable[TurnDifference]) -> None:
        for difference in found:
            counter.labels(what=difference.kind).inc()
            log.info(
                "would hear otherwise", what=difference.kind, at_ms=difference.at_ms, by=difference.amount
            )

    async def watch(call: CallContext) -> None:
        compared = ShadowDiff()
        if not isinstance(call.log, ShadowCallLog):
            raise TypeError("a shadow's log must not be heard")

        def unheard(event: Event) -> None:
            if event.HasField("turn_ended"):
                tell(compared.on_shadow(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

        def heard(event: Event) -> None:
            if event.HasField("turn_ended") and event.stage == "stt":
                tell(compared.on_live(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

        call.log.on_would_append, call.log.on_event = unheard, heard
        with detectors.acquire() as detector:
            await TranscriptionSession(call, client, settings, breakers, detector).run()
        tell(compared.close())

    yield watch
