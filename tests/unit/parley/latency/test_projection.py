"""Where a turn's milliseconds went, by the call's log."""

from parley.latency.projection import TurnLatencies, evolve, turn_latencies
from parley.v1.call_pb2 import CallStarted
from parley.v1.playback_pb2 import BargeIn, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import REPLY_KIND_FILLER, ReplyCancelled, ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from tests.event_factories import events_of

STARTED = (0, CallStarted())
TURN = (1300, TurnEnded(turn=1, text="hello", speech_end_ms=1000, decided_by="silence"))
ANSWER = (
    (1310, ReplyStarted(reply_id="r2", turn=1)),
    (1500, ReplyClause(reply_id="r2", clause=0, text="Good ", llm_requested_ms=1315, first_token_ms=1480)),
    (1550, ReplyClause(reply_id="r2", clause=1, text="day.")),
    (1600, SynthesisStarted(reply_id="r2", tts_requested_ms=1503)),
    (1640, PlaybackStarted(reply_id="r2", from_sample=800, at_ms=1650)),
)


def test_each_stage_is_told() -> None:
    """Hearing, thinking, wording, speaking and playing add up to the latency; what of it was ours."""
    [timing] = turn_latencies(events_of(STARTED, TURN, *ANSWER))

    assert (timing.caller_text, timing.agent_text, timing.decided_by) == ("hello", "Good day.", "silence")
    parts = {"endpointing": 300, "llm_ttft": 180, "first_clause": 20, "tts_ttfb": 100, "playout": 50}
    assert timing.parts_ms == parts
    assert timing.latency_ms == sum(parts.values())
    assert timing.overhead_ms == 15 + 3 + 50


def test_the_first_mark_tells_when_it_was_heard() -> None:
    """A mark stands behind the sound that it is about; later ones tell nothing new."""
    marks = (
        (1760, PlaybackProgressed(reply_id="r2", played_samples=800 + 640, at_ms=1750)),
        (2760, PlaybackProgressed(reply_id="r2", played_samples=800 + 8000, at_ms=2750)),
    )
    [timing] = turn_latencies(events_of(STARTED, TURN, *ANSWER, *marks))

    assert (timing.first_played_ms, timing.playout_delay_ms) == (1670, 20)


def test_what_has_not_happened_has_no_time() -> None:
    """A turn without an answer has no latency yet; an answer that is not heard yet has its times so far."""
    [silent] = turn_latencies(events_of(STARTED, TURN))
    [begun] = turn_latencies(events_of(STARTED, TURN, *ANSWER[:2]))

    assert (silent.reply_id, silent.latency_ms, silent.parts_ms) == ("", None, {"endpointing": 300})
    assert (begun.reply_id, begun.parts_ms.get("first_clause"), begun.latency_ms) == ("r2", 20, None)


def test_an_answer_made_ahead_costs_no_thinking() -> None:
    """A speculation that held begins before its turn ended."""
    early = (
        (1100, ReplyStarted(reply_id="r2", turn=1, speculative=True)),
        (1200, ReplyClause(reply_id="r2", clause=0, text="Good ")),
        (1250, SynthesisStarted(reply_id="r2")),
        TURN,
        (1310, PlaybackStarted(reply_id="r2", at_ms=1320)),
    )

    [timing] = turn_latencies(events_of(STARTED, *early))

    assert timing.parts_ms == {
        "endpointing": 300,
        "llm_ttft": 0,
        "first_clause": 0,
        "tts_ttfb": 0,
        "playout": 20,
    }
    assert (timing.latency_ms, timing.overhead_ms) == (320, None)


def test_an_opener_waits_for_no_token() -> None:
    """The model's first token comes while it is being heard."""
    answer = (
        (1310, ReplyStarted(reply_id="r2", turn=1)),
        (1311, ReplyClause(reply_id="r2", clause=0, text="Sure. ")),
        (1320, SynthesisStarted(reply_id="r2", tts_requested_ms=1312)),
        (1325, PlaybackStarted(reply_id="r2", at_ms=1325)),
        (
            1700,
            ReplyClause(reply_id="r2", clause=1, text="At ten.", llm_requested_ms=1310, first_token_ms=1660),
        ),
    )
    [timing] = turn_latencies(events_of(STARTED, TURN, *answer))

    assert timing.parts_ms == {
        "endpointing": 300,
        "llm_ttft": 11,
        "first_clause": 0,
        "tts_ttfb": 9,
        "playout": 5,
    }
    assert timing.latency_ms == 325


def test_a_dropped_speculation_does_not_count() -> None:
    """The answer is the reply that was heard."""
    dropped = (
        (1100, ReplyStarted(reply_id="r1", turn=1, speculative=True)),
        (1200, ReplyClause(reply_id="r1", clause=0, text="Wrong.")),
        (1290, ReplyCancelled(reply_id="r1", reason="speculation")),
    )

    [timing] = turn_latencies(events_of(STARTED, *dropped, TURN, *ANSWER))

    assert (timing.reply_id, timing.agent_text) == ("r2", "Good day.")


def test_the_first_sound_ends_the_silence() -> None:
    """A filler before the answer is what the caller heard first."""
    filler = (
        (1305, ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_FILLER)),
        (1306, ReplyClause(reply_id="r1", clause=0, text="Well,")),
        (1350, PlaybackStarted(reply_id="r1", at_ms=1360)),
    )

    [timing] = turn_latencies(events_of(STARTED, TURN, *filler, *ANSWER))

    assert (timing.reply_id, timing.latency_ms) == ("r1", 360)


def test_an_answer_that_waited_behind_another_was_not_heard_when_that_was_cut() -> None:
    """Its playing is announced ahead; a clear takes that back."""
    filler = (
        (1305, ReplyStarted(reply_id="r1", turn=0, kind=REPLY_KIND_FILLER)),
        (1350, PlaybackStarted(reply_id="r1", at_ms=1360)),
    )
    ahead = (1620, PlaybackStarted(reply_id="r2", at_ms=2500))
    cut = (1700, BargeIn(reply_id="r1", played_samples=2000, at_ms=1700))

    [timing] = turn_latencies(events_of(STARTED, TURN, *filler, *ANSWER[:4], ahead, cut))

    assert (timing.reply_id, timing.latency_ms) == ("r2", None)


def test_what_a_successor_says_again_changes_nothing() -> None:
    """The first saying counts, and no clause is counted twice."""
    again = (
        (1700, ANSWER[1][1]),
        (1710, SynthesisStarted(reply_id="r2")),
        (1720, ANSWER[0][1]),
        (1800, TURN[1]),
    )

    assert turn_latencies(events_of(STARTED, TURN, *ANSWER, *again)) == turn_latencies(
        events_of(STARTED, TURN, *ANSWER)
    )


def test_it_can_be_followed_live() -> None:
    """Folding event by event gives at each step what the log so far gives."""
    events = events_of(STARTED, TURN, *ANSWER)
    known = TurnLatencies()
    for n, event in enumerate(events, 1):
        known = evolve(known, event)
        assert known.turns == turn_latencies(events[:n])
