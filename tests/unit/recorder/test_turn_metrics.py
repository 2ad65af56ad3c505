"""A turn is observed once, when the reply to it has been played."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest

from parley.latency.projection import TurnLatencies
from parley.latency.turn import TurnLatency
from parley.telemetry.trace_context import trace_id
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.playback_pb2 import PlaybackPaused, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from services.recorder.turn_metrics import TurnMetrics, TurnObserver
from tests.event_factories import events_of

EVENTS = events_of(
    (0, CallStarted()),
    (1300, TurnEnded(turn=1, speech_end_ms=1000)),
    (1400, ReplyStarted(reply_id="r1", turn=1)),
    (1450, ReplyClause(reply_id="r1", text="Yes.")),
    (1480, SynthesisStarted(reply_id="r1")),
    (1500, PlaybackStarted(reply_id="r1", at_ms=1500)),
    (1600, PlaybackPaused(reply_id="r1", played_samples=800, at_ms=1600)),
    (2000, PlaybackStarted(reply_id="r1", from_sample=800, at_ms=2000)),
    (9000, CallEnded(reason="completed")),
)


def observed(*, live: bool) -> tuple[float | None, float | None]:
    """Return the number of observed turns and the sum of their latencies."""
    registry = CollectorRegistry()
    observer = TurnObserver(TurnMetrics(registry), "CA1", "clinic")
    for event in EVENTS:
        observer.apply(event, live=live)
    labels = {"agent": "clinic"}
    return (
        registry.get_sample_value("parley_turn_latency_seconds_count", labels),
        registry.get_sample_value("parley_turn_latency_seconds_sum", labels),
    )


def test_a_turn_is_observed_once() -> None:
    """Playback that resumes after a pause is not a second reply."""
    assert observed(live=True) == (1, 0.5)


def test_the_next_owner_observes_no_turn_twice() -> None:
    """Turns in the log's history were observed by the previous owner."""
    assert observed(live=False) == (None, None)


def test_the_work_per_event_does_not_grow_with_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder follows up to 1000 calls; only turns that are not answered yet are computed."""
    computed: list[int] = []
    compute = TurnLatencies.turn

    def counted(latencies: TurnLatencies, number: int) -> TurnLatency:
        computed.append(number)
        return compute(latencies, number)

    monkeypatch.setattr(TurnLatencies, "turn", counted)
    observer = TurnObserver(TurnMetrics(CollectorRegistry()), "CA1", "clinic")
    for event in EVENTS[:7]:
        observer.apply(event, live=True)
    assert computed
    computed.clear()
    for event in EVENTS[7:]:
        observer.apply(event, live=True)

    assert computed == []


def test_an_observation_has_its_trace_id_as_exemplar() -> None:
    """The exemplar appears in the OpenMetrics format."""
    registry = CollectorRegistry()
    observer = TurnObserver(TurnMetrics(registry), "CA1", "clinic")
    for event in EVENTS:
        observer.apply(event, live=True)

    assert f'trace_id="{trace_id("CA1", 1):032x}"' in generate_latest(registry).decode()  # type: ignore[no-untyped-call] # as prometheus_client has it
