"""A reply folded from its events."""

from functools import reduce

from parley.events.envelope import Body
from parley.v1.playback_pb2 import BargeIn, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause, ReplyFinished
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from services.brain.reply import Reply, evolve

WORDS = [
    WordTiming(text="We", start_ms=0, end_ms=100),
    WordTiming(text="open", start_ms=100, end_ms=200),
    WordTiming(text="at nine.", start_ms=200, end_ms=300),
]
SYNTHESIZED = (
    ReplyClause(reply_id="r1", clause=0, text="We open at nine."),
    ReplyFinished(reply_id="r1", clauses=1, reason="stop"),
    ClauseSynthesized(reply_id="r1", clause=0, end_sample=2400, words=WORDS),
    PlaybackStarted(reply_id="r1", from_sample=0, at_ms=0),
)


def reply_after(*events: Body) -> Reply:
    return reduce(evolve, (*SYNTHESIZED, *events), Reply("r1", 1))


def test_only_words_that_were_played_completely_count() -> None:
    """A barge-in within a word leaves that word out."""
    reply = reply_after(BargeIn(reply_id="r1", played_samples=250 * 8, at_ms=250))

    assert (reply.played_text, reply.done) == ("We open", True)


def test_a_late_mark_takes_nothing_back() -> None:
    """Progress only grows."""
    reply = reply_after(
        PlaybackProgressed(reply_id="r1", played_samples=1600, at_ms=200),
        PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=210),
    )

    assert (reply.played_samples, reply.remaining_ms) == (1600, 100)


def test_a_resumed_reply_continues_where_its_playback_starts_again() -> None:
    """After a lost stream that is the beginning of the word that was cut."""
    reply = reply_after(
        PlaybackPaused(reply_id="r1", played_samples=1800, at_ms=225),
        PlaybackStarted(reply_id="r1", from_sample=1600, at_ms=900),
    )

    assert (reply.played_samples, reply.played_text, reply.paused) == (1600, "We open", False)
