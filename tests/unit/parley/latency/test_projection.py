"""A turn's latency and its parts, computed from the call's log."""

from parley.latency.projection import TurnLatencies, turn_latencies
from parley.v1.call_pb2 import CallStarted
from parley.v1.playback_pb2 import BargeIn, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import REPLY_KIND_FILLER, ReplyCancelled, ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import TranscriptUpdated, TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from tests.event_factories import events_of

STARTED = (0, CallStarted())
TURN = (1300, TurnEnded(turn=1, text="hello", speech_end_ms=1000, decided_by="silence"))
REPLY_EVENTS = (
    (1310, ReplyStarted(reply_id="r2", turn=1)),
    (1500, ReplyClause(reply_id="r2", clause=0, text="Good ", llm_requested_ms=1315, first_token_ms=1480)),
    (1550, ReplyClause(reply_id="r2", clause=1, text="day.")),
    (1600, SynthesisStarted(reply_id="r2", tts_requested_ms=1503)),
    (1640, PlaybackStarted(reply_id="r2", from_sample=800, at_ms=1650)),
)


def test_the_parts_add_up_to_the_latency() -> None:
    """The overhead is the part that Parley itself caused."""
    [latency] = turn_latencies(events_of(STARTED, TURN, *REPLY_EVENTS))

    assert (latency.caller_text, latency.agent_text, latency.decided_by) == ("hello", "Good day.", "silence")
    parts = {"endpointing": 300, "llm_ttft": 180, "first_clause": 20, "tts_ttfb": 100, "playout": 50}
    assert latency.parts_ms == parts
    assert latency.latency_ms == sum(parts.values())
    assert latency.overhead_ms == 15 + 3 + 50


def test_the_first_mark_dates_the_first_audio_played() -> None:
    """A mark follows the audio that it confirms; later marks change nothing."""
    marks = (
        (1760, PlaybackProgressed(reply_id="r2", played_samples=800 + 640, at_ms=1750)),
        (2760, PlaybackProgressed(reply_id="r2", played_samples=800 + 8000, at_ms=2750)),
    )
    [latency] = turn_latencies(events_of(STARTED, TURN, *REPLY_EVENTS, *marks))

    assert (latency.first_played_ms, latency.playout_delay_ms) == (1670, 20)


def test_moments_that_did_not_occur_have_no_time() -> None:
    """Without a reply a turn has no latency; a reply that has not been played has its earlier times."""
    [silent] = turn_latencies(events_of(STARTED, TURN))
    [started] = turn_latencies(events_of(STARTED, TURN, *REPLY_EVENTS[:2]))

    assert (silent.reply_id, silent.latency_ms, silent.parts_ms) == ("", None, {"endpointing": 300})
    assert (started.reply_id, started.parts_ms.get("first_clause"), started.latency_ms) == ("r2", 20, None)


def test_a_speculative_reply_costs_no_model_time() -> None:
    """A confirmed speculation starts before its turn has ended."""
    early = (
        (1100, ReplyStarted(reply_id="r2", turn=1, speculative=True)),
        (1200, ReplyClause(reply_id="r2", clause=0, text="Good ")),
        (1250, SynthesisStarted(reply_id="r2")),
        TURN,
        (1310, PlaybackStarted(reply_id="r2", at_ms=1320)),
    )

    [latency] = turn_latencies(events_of(STARTED, *early))

    assert latency.parts_ms == {
        "endpointing": 300,
        "llm_ttft": 0,
        "first_clause": 0,
        "tts_ttfb": 0,
        "playout": 20,
    }
    assert (latency.latency_ms, latency.overhead_ms) == (320, None)


def test_an_opener_does_not_wait_for_a_token() -> None:
    """The model's first token arrives while the opener is played."""
    reply = (
        (1310, ReplyStarted(reply_id="r2", turn=1)),
        (1311, ReplyClause(reply_id="r2", clause=0, text="Sure. ")),
        (1320, SynthesisStarted(reply_id="r2", tts_requested_ms=1312)),
        (1325, PlaybackStarted(reply_id="r2", at_ms=1325)),
        (
            1700,
            ReplyClause(reply_id="r2", clause=1, text="At ten.", llm_requested_ms=1310, first_token_ms=1660),
        ),
    )
    [latency] = turn_latencies(events_of(STARTED, TURN, *reply))

    assert latency.parts_ms == {
        "endpointing": 300,
        "llm_ttft": 11,
        "first_clause": 0,
        "tts_ttfb": 9,
        "playout": 5,
    }
    assert latency.latency_ms == 325


def test_a_cancelled_speculation_does_not_count() -> None:
    """Only the reply that was played counts."""
    cancelled = (
        (1100, ReplyStarted(reply_id="r1", turn=1, speculative=True)),
        (1200, ReplyClause(reply_id="r1", clause=0, text="Wrong.")),
        (1290, ReplyCancelled(reply_id="r1", reason="speculation")),
    )

    [latency] = turn_latencies(events_of(STARTED, *cancelled, TURN, *REPLY_EVENTS))

    assert (latency.reply_id, latency.agent_text) == ("r2", "Good day.")


def test_the_first_audio_ends_the_silence() -> None:
    """A filler that was played before the reply ends it."""
    filler = (
        (1305, ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_FILLER)),
        (1306, ReplyClause(reply_id="r1", clause=0, text="Well,")),
        (1350, PlaybackStarted(reply_id="r1", at_ms=1360)),
    )

    [latency] = turn_latencies(events_of(STARTED, TURN, *filler, *REPLY_EVENTS))

    assert (latency.reply_id, latency.latency_ms) == ("r1", 360)
    assert latency.agent_text == "Well, Good day."


def test_a_reply_queued_after_an_interrupted_one_was_not_played() -> None:
    """Its playback is announced in advance, and a clear cancels it."""
    filler = (
        (1305, ReplyStarted(reply_id="r1", turn=0, kind=REPLY_KIND_FILLER)),
        (1350, PlaybackStarted(reply_id="r1", at_ms=1360)),
    )
    ahead = (1620, PlaybackStarted(reply_id="r2", at_ms=2500))
    cut = (1700, BargeIn(reply_id="r1", played_samples=2000, at_ms=1700))

    [latency] = turn_latencies(events_of(STARTED, TURN, *filler, *REPLY_EVENTS[:4], ahead, cut))

    assert (latency.reply_id, latency.latency_ms) == ("r2", None)


def test_events_repeated_by_the_next_owner_change_nothing() -> None:
    """Only the first copy of an event counts, and no clause is counted twice."""
    repeated = (
        (1700, REPLY_EVENTS[1][1]),
        (1710, SynthesisStarted(reply_id="r2")),
        (1720, REPLY_EVENTS[0][1]),
        (1800, TURN[1]),
    )

    assert turn_latencies(events_of(STARTED, TURN, *REPLY_EVENTS, *repeated)) == turn_latencies(
        events_of(STARTED, TURN, *REPLY_EVENTS)
    )


def test_the_state_evolves_event_by_event() -> None:
    """After each event it equals the state computed from the log so far."""
    events = events_of(STARTED, TURN, *REPLY_EVENTS)
    state = TurnLatencies()
    for n, event in enumerate(events, 1):
        state.apply(event)
        assert state.turns == turn_latencies(events[:n])


def test_a_turn_gets_its_words_after_its_end() -> None:
    """In mode `realtime` they are transcribed later."""
    ended = TurnEnded(turn=1, speech_end_ms=900, transcript_pending=True)
    late = TranscriptUpdated(turn=1, text="Hello.", final=True)
    [turn] = turn_latencies(events_of((0, CallStarted()), (1000, ended), (1400, late)))
    assert (turn.caller_text, turn.turn_ended_ms) == ("Hello.", 1000)
