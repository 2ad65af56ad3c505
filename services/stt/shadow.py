"""An stt that watches live calls: hears them too, and tells which turns it would have ended otherwise."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import structlog
from prometheus_client import Counter

from parley import telemetry_names as names
from parley.breaker import Breakers
from parley.shadow import UnheardLog, WatchCall
from parley.stage import OwnedCall
from parley.telemetry import Telemetry
from parley.v1.event_pb2 import Event
from services.stt.compare_turns import Comparison, TurnDifference
from services.stt.listen import Listener
from services.stt.settings import SttSettings
from services.stt.silero import Detectors
from services.stt.vendors.deepgram import new_client

log = structlog.get_logger()


@asynccontextmanager
async def open_shadow(settings: SttSettings, telemetry: Telemetry) -> AsyncIterator[WatchCall]:
    """Gives the function that listens to one call."""
    client, breakers, detectors = new_client(settings), Breakers(), Detectors()
    counter = Counter(
        names.METRIC_SHADOW_DIFFERENCES,
        "Turns that were heard otherwise",
        ["what"],
        registry=telemetry.registry,
    )

    def tell(found: Iterable[TurnDifference]) -> None:
        for difference in found:
            counter.labels(what=difference.what).inc()
            log.info("would hear otherwise", what=difference.what, at_ms=difference.at_ms, by=difference.by)

    async def watch(call: OwnedCall) -> None:
        compared = Comparison()
        if not isinstance(call.log, UnheardLog):
            raise TypeError("a shadow's log must not be heard")

        def unheard(event: Event) -> None:
            if event.HasField("turn_ended"):
                tell(compared.shadow(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

        def heard(event: Event) -> None:
            if event.HasField("turn_ended") and event.stage == "stt":
                tell(compared.live(event.turn_ended, call.log.clock.ms_at(event.sent_at_us)))

        call.log.unheard, call.log.heard = unheard, heard
        with detectors.one() as detector:
            await Listener(call, client, settings, breakers, detector).run()
        tell(compared.over())

    yield watch
