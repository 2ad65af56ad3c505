"""A call is observed once, by whichever owner reads its events live."""

from prometheus_client import CollectorRegistry

from parley.v1.call_pb2 import DIRECTION_INBOUND, CallEnded, CallStarted
from parley.v1.event_pb2 import Event
from parley.v1.playback_pb2 import PlaybackStarted
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from services.recorder.metrics.call_observer import CallMeasurements, CallObserver
from services.recorder.metrics.observation import RecorderMetrics
from tests.event_factories import START_US, events_of

EVENTS = events_of(
    (0, CallStarted(direction=DIRECTION_INBOUND)),
    (1300, TurnEnded(turn=1, speech_end_ms=1000)),
    (1400, ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER)),
    (1450, ReplyClause(reply_id="r1", text="Yes.")),
    (3980, SynthesisStarted(reply_id="r1")),
    (4000, PlaybackStarted(reply_id="r1", at_ms=4000)),
    (9000, CallEnded(reason="hangup", duration_ms=9000)),
)
EXPECTED = {
    ("parley_calls_started_total", "clinic"): 1.0,
    ("parley_calls_ended_total", "clinic"): 1.0,
    ("parley_call_duration_seconds_sum", "clinic"): 9.0,
    ("parley_turns_total", "clinic"): 1.0,
    ("parley_turn_latency_seconds_sum", "clinic"): 3.0,
    ("parley_dead_air_seconds_sum", "clinic"): 3.0,
    ("parley_replies_total", "clinic"): 1.0,
}


def at_ms(event: Event) -> int:
    """Call time at which an event was sent."""
    return (event.sent_at_us - START_US) // 1000


def values(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """Sums over the labels besides the agent, of the metrics that are expected."""
    found: dict[tuple[str, str], float] = {}
    for sample in (sample for family in registry.collect() for sample in family.samples):
        key = (sample.name, sample.labels.get("agent", ""))
        if key in EXPECTED:
            found[key] = found.get(key, 0.0) + sample.value
    return found


def test_a_call_with_a_slow_answer_has_these_values() -> None:
    registry = CollectorRegistry()
    observer = CallObserver(RecorderMetrics(registry), "CA1", "clinic")
    for event in EVENTS:
        observer.apply(event, at_ms(event))

    assert values(registry) == EXPECTED


def test_two_owners_together_observe_each_event_once() -> None:
    """The next one reads what came before the takeover as its history, wherever the takeover is."""
    for taken_over in range(len(EVENTS) + 1):
        registry = CollectorRegistry()
        metrics = RecorderMetrics(registry)
        first = CallObserver(metrics, "CA1", "clinic")
        restored = CallMeasurements()
        for event in EVENTS[:taken_over]:
            first.apply(event, at_ms(event))
            restored.apply(event, at_ms(event))
        second = CallObserver(metrics, "CA1", "clinic", restored)
        for event in EVENTS[taken_over:]:
            second.apply(event, at_ms(event))

        assert values(registry) == EXPECTED


def test_a_call_that_cannot_be_measured_is_recorded_nevertheless() -> None:
    """The observer stops; its caller does not notice."""
    metrics = RecorderMetrics(CollectorRegistry())
    observer = CallObserver(metrics, "CA1", "clinic")
    broken = Event(stage="stt")
    broken.turn_ended.turn = 1
    metrics.add = None  # type: ignore[method-assign, assignment] # any failure
    observer.apply(EVENTS[0], 0)
    observer.apply(broken, 0)
