"""A turn is counted once, when its answer is heard."""

from prometheus_client import CollectorRegistry

from parley.v1.call_pb2 import CallStarted
from parley.v1.playback_pb2 import PlaybackHeld, PlaybackStarted
from parley.v1.reply_pb2 import ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from services.recorder.turn_metrics import TurnMetrics, TurnWatch
from tests.unit.recorder.events import log_of

EVENTS = log_of(
    (0, CallStarted()),
    (1300, TurnEnded(turn=1, speech_end_ms=1000)),
    (1400, ReplyStarted(reply_id="r1", turn=1)),
    (1500, PlaybackStarted(reply_id="r1", at_ms=1500)),
    (1600, PlaybackHeld(reply_id="r1", heard_samples=800, at_ms=1600)),
    (2000, PlaybackStarted(reply_id="r1", from_sample=800, at_ms=2000)),
)


def counted(*, live: bool) -> tuple[float | None, float | None]:
    """How many turns, and how long they took in all."""
    registry = CollectorRegistry()
    watch = TurnWatch(TurnMetrics(registry))
    for event in EVENTS:
        watch.happened(event, live=live)
    labels = {"part": "whole"}
    return (
        registry.get_sample_value("parley_turn_seconds_count", labels),
        registry.get_sample_value("parley_turn_seconds_sum", labels),
    )


def test_a_turn_is_counted_once() -> None:
    """Playing on after a hold is no second answer."""
    assert counted(live=True) == (1, 0.5)


def test_a_successor_counts_no_turn_again() -> None:
    """The past was counted by the former owner."""
    assert counted(live=False) == (None, None)
