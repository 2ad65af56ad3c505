"""Tests for one reply that is folded from its events."""

from functools import reduce

from parley.events.envelope import Body
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyResumed
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.brain.reply import Reply, evolve

CLAUSES = [ReplyClause(clause=0, text="Yes. "), ReplyClause(clause=1, text="At nine.")]
FINISHED = ReplyFinished(clauses=2, reason="stop")


def fold(*bodies: Body) -> Reply:
    return reduce(evolve, bodies, Reply("r1", 1))


def test_a_clause_that_is_repeated_or_out_of_order_is_ignored() -> None:
    """After a takeover the log may contain a clause twice."""
    assert fold(CLAUSES[1], *CLAUSES, CLAUSES[0]).text == "Yes. At nine."


def test_the_remaining_audio_is_infinite_until_text_and_synthesis_are_complete() -> None:
    """Positions are samples at 8 kHz: 8 samples are 1 ms."""
    first, second = ClauseSynthesized(clause=0, end_sample=800), ClauseSynthesized(clause=1, end_sample=2400)

    assert fold(*CLAUSES, first, second).remaining_ms == float("inf")
    assert fold(*CLAUSES, FINISHED, first).remaining_ms == float("inf")
    assert fold(*CLAUSES, FINISHED, first, second).remaining_ms == 300
    assert fold(*CLAUSES, FINISHED, first, second, PlaybackProgressed(played_samples=800)).remaining_ms == 200


def test_a_reply_without_text_is_done_when_it_is_finished() -> None:
    """It has no playback that could end."""
    assert fold(ReplyFinished(clauses=0, reason="tool_calls")).done
    assert not fold(*CLAUSES, FINISHED).done
    assert fold(*CLAUSES, FINISHED, PlaybackFinished(played_samples=2400)).done


def test_a_paused_reply_resumes_or_is_cancelled() -> None:
    """A pause after the cancellation does not count."""
    paused: list[Body] = [PlaybackStarted(), PlaybackPaused(played_samples=80)]

    assert fold(*paused).paused
    assert not fold(*paused, ReplyResumed()).paused
    assert not fold(*paused, ReplyCancelled(reason="barge_in")).paused
    assert not fold(ReplyCancelled(reason="barge_in"), *paused).paused


def test_the_playback_position_never_decreases() -> None:
    """Events of the edge can arrive late."""
    positions = (PlaybackProgressed(played_samples=samples) for samples in (80, 160, 80))

    assert fold(*positions).played_samples == 160
