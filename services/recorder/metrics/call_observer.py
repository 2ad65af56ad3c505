"""Adds each event of a call to the recorder's metrics, once."""

import structlog

from parley.clock import CallClock
from parley.events.envelope import event_body
from parley.v1.event_pb2 import Event
from services.recorder.metrics.call_outcomes import CallOutcomes
from services.recorder.metrics.dead_air import DeadAir
from services.recorder.metrics.observation import Observation, RecorderMetrics
from services.recorder.metrics.reply_outcomes import ReplyOutcomes
from services.recorder.metrics.turn_outcomes import TurnOutcomes

log = structlog.get_logger()


class CallObserver:
    """Observes one call. After a takeover, what the previous owner observed only restores the state."""

    def __init__(self, metrics: RecorderMetrics, call_sid: str, agent: str) -> None:
        self._metrics = metrics
        self._call_sid = call_sid
        self._agent = agent
        self._clock: CallClock | None = None
        self._turns = TurnOutcomes()
        self._folds = (CallOutcomes(), ReplyOutcomes(), DeadAir())
        self._failed = False

    def apply(self, event: Event, *, live: bool) -> None:
        """Apply an event, and observe what it shows if it is `live`; never raises."""
        if self._failed:
            return
        try:
            found = self._apply(event)
            for observation in found if live else ():
                self._metrics.add(observation, call_sid=self._call_sid, agent=self._agent)
        except Exception:  # a call that cannot be measured is recorded nevertheless
            self._failed = True
            log.exception("call_not_measured", event_id=event.id)

    def _apply(self, event: Event) -> list[Observation]:
        self._clock = self._clock or CallClock(event.sent_at_us)
        at_ms, body = self._clock.ms_at(event.sent_at_us), event_body(event)
        return [
            *self._turns.apply(event),
            *(found for fold in self._folds for found in fold.apply(body, at_ms)),
        ]
