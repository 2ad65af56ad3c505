"""Adds each event of a call to the recorder's metrics, once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from parley.events.envelope import event_body
from parley.v1.event_pb2 import Event
from services.recorder.metrics.call_outcomes import CallOutcomes
from services.recorder.metrics.dead_air import DeadAir
from services.recorder.metrics.knowledge_outcomes import search_outcome
from services.recorder.metrics.observation import Observation, RecorderMetrics
from services.recorder.metrics.reply_outcomes import ReplyOutcomes
from services.recorder.metrics.turn_outcomes import TurnOutcomes

log = structlog.get_logger()


@dataclass(slots=True)
class CallMeasurements:
    """The state of one call's metrics, from its events in the log's order; does not grow with the call."""

    turns: TurnOutcomes = field(default_factory=TurnOutcomes)
    calls: CallOutcomes = field(default_factory=CallOutcomes)
    replies: ReplyOutcomes = field(default_factory=ReplyOutcomes)
    dead_air: DeadAir = field(default_factory=DeadAir)
    _failed: bool = False

    def apply(self, event: Event, at_ms: int) -> Sequence[Observation]:
        """Return what an event, sent at a call time (ms), adds to the metrics; never raises."""
        if self._failed:
            return ()
        try:
            body = event_body(event)
            return [
                *self.turns.apply(event),
                *search_outcome(body),
                *(
                    found
                    for part in (self.calls, self.replies, self.dead_air)
                    for found in part.apply(body, at_ms)
                ),
            ]
        except Exception:  # a call that cannot be measured is recorded nevertheless
            self._failed = True
            log.exception("call_not_measured", event_id=event.id)
            return ()


class CallObserver:
    """Observes one call. After a takeover, what the previous owner observed only restores the state."""

    def __init__(
        self,
        metrics: RecorderMetrics,
        call_sid: str,
        agent: str,
        measurements: CallMeasurements | None = None,
    ) -> None:
        self._metrics = metrics
        self._call_sid = call_sid
        self._agent = agent
        self._measurements = measurements or CallMeasurements()
        self._failed = False

    def apply(self, event: Event, at_ms: int) -> None:
        """Observe an event that was sent at a call time (ms); never raises."""
        if self._failed:
            return
        try:
            for observation in self._measurements.apply(event, at_ms):
                self._metrics.add(observation, call_sid=self._call_sid, agent=self._agent)
        except Exception:  # a call that cannot be measured is recorded nevertheless
            self._failed = True
            log.exception("call_not_measured", event_id=event.id)
