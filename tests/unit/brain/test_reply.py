"""Tests for one reply that is folded from its events."""

from functools import reduce

from parley.events.envelope import Body
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyFinished, ReplyResumed
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from services.brain.reply import Reply, evolve

CLAUSES = [ReplyClause(clause=0, text="Yes. "), ReplyClause(clause=1, text="At nine.")]
FINISHED = ReplyFinished(clauses=2, reason="stop")


def fold(*bodies: Body) -> Reply:
    return reduce(evolve, bodies, Reply("r1", 1))


TWO_SECONDS = ClauseSynthesized(clause=0, end_sample=16_000)


def test_playback_is_estimated_between_two_positions_of_the_log() -> None:
    """Audio plays in real time, but not beyond what was synthesized."""
    playing = fold(CLAUSES[0], ReplyFinished(clauses=1), TWO_SECONDS, PlaybackStarted(at_ms=1000))

    assert [playing.at(at_ms).remaining_ms for at_ms in (900, 1000, 1500, 9000)] == [2000, 2000, 1500, 0]
    assert playing.plays_until_ms == 3000
    paused = evolve(playing, PlaybackPaused(played_samples=4000, at_ms=1500))
    assert (paused.at(9000).remaining_ms, paused.plays_until_ms) == (1500, 0)


def test_a_later_position_of_the_log_replaces_the_estimate() -> None:
    """Playback may have been slower than the clock; a resumed reply starts before its last position."""
    playing = fold(TWO_SECONDS, PlaybackStarted(at_ms=0), PlaybackProgressed(played_samples=800, at_ms=700))

    assert playing.stopped_at(1000).played_samples == 800 + 300 * 8
    assert (
        evolve(playing, PlaybackStarted(from_sample=400, at_ms=5000)).stopped_at(5100).played_samples == 1200
    )


def test_a_cancelled_reply_keeps_the_words_played_until_then() -> None:
    """The edge's exact position replaces the estimate when it arrives."""
    words = [WordTiming(text="Yes.", start_ms=0, end_ms=900), WordTiming(text="Nine.", end_ms=2000)]
    synthesized = ClauseSynthesized(clause=0, end_sample=16_000, words=words)
    playing = fold(CLAUSES[0], synthesized, PlaybackStarted(at_ms=1000))
    cancelled = evolve(playing, ReplyCancelled(reason="barge_in"), 2000)

    assert cancelled.played_text == "Yes."
    assert evolve(cancelled, BargeIn(played_samples=800, at_ms=2050)).played_text == ""


def test_playback_stops_with_its_stream() -> None:
    """Time without a media stream does not count as playback."""
    stopped = fold(TWO_SECONDS, PlaybackStarted(at_ms=1000)).stopped_at(1500)

    assert stopped.played_samples == 4000
    assert evolve(stopped, ReplyCancelled(reason="stream_lost"), 9000).played_samples == 4000


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
