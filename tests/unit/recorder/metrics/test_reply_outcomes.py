"""Replies, their interruptions, and the use of speculation."""

from parley.telemetry.catalogue.cost import SPECULATION_DISCARDED_CHARACTERS
from parley.telemetry.catalogue.quality import INTERRUPTIONS, REPLIES, SPECULATIONS
from parley.v1.call_pb2 import CallEnded
from parley.v1.playback_pb2 import BargeIn, PlaybackPaused
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_GREETING,
    ReplyCancelled,
    ReplyClause,
    ReplyReleased,
    ReplyResumed,
    ReplyStarted,
)
from services.recorder.metrics.reply_outcomes import ReplyOutcomes
from tests.unit.recorder.metrics.observed import observe, shown, simplified

GREETING = (1, ReplyStarted(reply_id="r1", kind=REPLY_KIND_GREETING))
SPECULATIVE = (2, ReplyStarted(reply_id="r2", turn=1, kind=REPLY_KIND_ANSWER, speculative=True))
CLAUSE = (3, ReplyClause(reply_id="r2", clause=0, text="Yes, of course."))
DISCARDED = [
    shown(SPECULATIONS, outcome="discarded"),
    shown(SPECULATION_DISCARDED_CHARACTERS, 15),
]


def test_a_reply_is_counted_once() -> None:
    """The next owner of the brain may start it again."""
    assert simplified(observe(ReplyOutcomes(), (GREETING, GREETING))) == [shown(REPLIES, kind="greeting")]


def test_a_kind_of_a_later_version_is_unknown() -> None:
    unknown = ReplyStarted(reply_id="r1", kind=99)  # type: ignore[arg-type] # of a later version
    assert simplified(observe(ReplyOutcomes(), ((1, unknown),))) == [shown(REPLIES, kind="unknown")]


def test_a_released_speculation_is_a_reply() -> None:
    released = (4, ReplyReleased(reply_id="r2"))
    assert simplified(observe(ReplyOutcomes(), (SPECULATIVE, CLAUSE, released, released))) == [
        shown(SPECULATIONS, outcome="used"),
        shown(REPLIES, kind="answer"),
    ]


def test_a_cancelled_speculation_costs_its_characters() -> None:
    """A repeated clause costs nothing more, and a cancelled reply that was released is not discarded."""
    cancelled = (4, ReplyCancelled(reply_id="r2", reason="speculation"))
    assert simplified(observe(ReplyOutcomes(), (SPECULATIVE, CLAUSE, CLAUSE, cancelled, cancelled))) == (
        DISCARDED
    )
    released = (4, ReplyReleased(reply_id="r2"))
    found = simplified(observe(ReplyOutcomes(), (SPECULATIVE, CLAUSE, released, cancelled)))
    assert DISCARDED[0] not in found


def test_a_speculation_is_discarded_by_the_end_of_the_call() -> None:
    assert simplified(observe(ReplyOutcomes(), (SPECULATIVE, CLAUSE, (9, CallEnded())))) == DISCARDED


def test_each_pause_is_an_interruption_or_a_false_alarm() -> None:
    """Events that are repeated, or that no pause preceded, are not counted."""
    paused = (5, PlaybackPaused(reply_id="r1", at_ms=5))
    resumed, barge_in = (6, ReplyResumed(reply_id="r1")), (8, BargeIn(reply_id="r1", at_ms=8))
    events = (GREETING, barge_in, paused, resumed, resumed, paused, resumed, paused, barge_in, barge_in)

    assert simplified(observe(ReplyOutcomes(), events))[1:] == [
        shown(INTERRUPTIONS, outcome="false_alarm"),
        shown(INTERRUPTIONS, outcome="false_alarm"),
        shown(INTERRUPTIONS, outcome="barge_in"),
    ]
