"""Spans that each stage emits from the events of a call."""

from parley.events.envelope import Body
from parley.latency.spans import TurnSpan, TurnSpans
from parley.v1.call_pb2 import CallEnded, CallStarted
from parley.v1.playback_pb2 import BargeIn, PlaybackPaused, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import (
    REPLY_KIND_FILLER,
    ReplyCancelled,
    ReplyClause,
    ReplyReleased,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.synthesis_pb2 import SynthesisStarted
from tests.event_factories import START_US, events_of

Timed = tuple[int, Body]

STARTED = (0, CallStarted())
TURN = (1300, TurnEnded(turn=1, text="hello", speech_end_ms=1000, decided_by="silence"))
ANSWER: tuple[Timed, ...] = (
    (1310, ReplyStarted(reply_id="r2", turn=1)),
    (1500, ReplyClause(reply_id="r2", clause=0, text="Good ", llm_requested_ms=1305, first_token_ms=1480)),
    (1550, ReplyClause(reply_id="r2", clause=1, text="day.")),
    (1600, SynthesisStarted(reply_id="r2", tts_requested_ms=1503)),
    (1640, PlaybackStarted(reply_id="r2", from_sample=0, at_ms=1650)),
)
MARK = (1760, PlaybackProgressed(reply_id="r2", played_samples=640, at_ms=1750))


def spans(stage: str, *events: Timed) -> dict[str, tuple[int, int]]:
    """Start and end of each span by name, in call time (ms)."""
    state = TurnSpans(stage)
    found = [span for event in events_of(STARTED, *events) for span in state.apply(event)]
    return {s.name: ((s.start_us - START_US) // 1000, (s.end_us - START_US) // 1000) for s in found}


def test_each_stage_emits_its_own_spans() -> None:
    """Together the spans cover the turn, and no stage depends on another process."""
    log = (TURN, *ANSWER, MARK)

    assert spans("stt", *log) == {"stt.endpointing": (1000, 1300)}
    assert spans("brain", *log) == {"brain.turn": (1305, 1500), "brain.llm": (1305, 1480)}
    assert spans("tts", *log) == {"tts.first_clause": (1500, 1600), "tts.provider": (1503, 1600)}
    assert spans("edge", *log) == {
        "turn": (1000, 1650),
        "edge.playout": (1600, 1650),
        "edge.network": (1650, 1670),
    }


def test_the_recorder_emits_the_turn_as_recorded() -> None:
    """Together with the other stages' spans, a trace has a span of each service."""
    assert spans("recorder", TURN, *ANSWER, MARK) == {"recorder.turn": (1000, 1670)}


def test_a_tool_call_is_a_span_of_the_brain() -> None:
    """It ends with the result, and a failed one is marked."""
    called = ToolCalled(tool_call_id="t1", name="book", reply_id="r2", turn=1)
    returned = ToolReturned(tool_call_id="t1", result="{}", failed=True)
    log = (TURN, (1400, called), (1900, returned), (1950, returned))
    state = TurnSpans("brain")
    [span] = [span for event in events_of(STARTED, *log) for span in state.apply(event)]

    assert (span.name, span.tool, span.failed, span.turn) == ("brain.tool", "book", True, 1)
    assert (span.end_us - span.start_us) // 1000 == 500
    assert spans("tts", *log) == {}


def test_the_root_is_emitted_once_with_the_first_reply_that_plays() -> None:
    """A second reply to the same turn adds no second root."""
    second = (
        (2000, ReplyStarted(reply_id="r3", turn=1)),
        (2100, PlaybackStarted(reply_id="r3", from_sample=0, at_ms=2100)),
        (2300, PlaybackProgressed(reply_id="r3", played_samples=800, at_ms=2300)),
    )
    state = TurnSpans("edge")
    found = [s for event in events_of(STARTED, TURN, *ANSWER, MARK, *second) for s in state.apply(event)]

    assert [span.reply_id for span in found if span.name == "turn"] == ["r2"]
    assert [span.parent for span in found] == ["", "turn", "turn"]


def test_a_speculative_reply_leaves_spans_only_when_it_is_released() -> None:
    """Its work began before the turn ended."""
    early: tuple[Timed, ...] = (
        (1100, ReplyStarted(reply_id="r2", turn=1, speculative=True)),
        (
            1200,
            ReplyClause(reply_id="r2", clause=0, text="Good ", llm_requested_ms=1090, first_token_ms=1190),
        ),
        (1250, SynthesisStarted(reply_id="r2", tts_requested_ms=1205)),
    )
    released = (1310, ReplyReleased(reply_id="r2"))
    cancelled = (1310, ReplyCancelled(reply_id="r2", reason="speculation"))

    assert spans("brain", *early) == {}
    assert spans("brain", *early, TURN, released) == {"brain.turn": (1090, 1200), "brain.llm": (1090, 1190)}
    assert spans("tts", *early, TURN, released) == {
        "tts.first_clause": (1200, 1250),
        "tts.provider": (1205, 1250),
    }
    assert spans("tts", *early, TURN, cancelled) == {}


def test_a_reply_paused_before_it_played_does_not_answer_its_turn() -> None:
    """The caller spoke first; the turn counts as answered when playback starts again."""
    paused = (1645, PlaybackPaused(reply_id="r1", at_ms=1645))
    again = (
        (1900, PlaybackStarted(reply_id="r2", from_sample=0, at_ms=1900)),
        (2010, PlaybackProgressed(reply_id="r2", played_samples=800, at_ms=2010)),
    )

    assert spans("edge", TURN, *ANSWER, paused) == {}
    assert spans("edge", TURN, *ANSWER, paused, *again)["turn"] == (1000, 1900)


def test_an_interrupted_reply_answered_its_turn() -> None:
    """Without a mark after the barge-in, the network delay remains unknown."""
    barge_in = (1700, BargeIn(reply_id="r2", played_samples=300, at_ms=1700))

    assert spans("edge", TURN, *ANSWER, barge_in) == {"turn": (1000, 1650), "edge.playout": (1600, 1650)}


def test_a_reply_without_a_mark_answered_its_turn() -> None:
    """After a hang-up or new speech before the first mark, the other spans still get their root."""
    answered = {"turn": (1000, 1650), "edge.playout": (1600, 1650)}

    assert spans("edge", TURN, *ANSWER, (1700, CallEnded(reason="completed"))) == answered
    assert spans("edge", TURN, *ANSWER, (1700, TurnEnded(turn=2, speech_end_ms=1690))) == answered
    assert spans("edge", TURN, *ANSWER, (1645, CallEnded(reason="completed"))) == {}


def test_a_filler_has_no_generation_spans() -> None:
    """Its text comes from the agent file; on the edge it ends the caller's wait like any reply."""
    filler = (1400, ReplyStarted(reply_id="f1", turn=1, kind=REPLY_KIND_FILLER))
    clause = (1401, ReplyClause(reply_id="f1", clause=0, text="One moment."))

    assert spans("brain", TURN, filler, clause) == {}


def test_memory_is_bounded() -> None:
    """During a call of four hours only a few turns and replies are kept."""
    state = TurnSpans("edge")
    log: list[Timed] = [STARTED]
    for n in range(1, 200):
        log += [
            (n * 100, TurnEnded(turn=n, speech_end_ms=n * 100 - 10)),
            (n * 100, ReplyStarted(reply_id=f"r{n}", turn=n)),
        ]
    for event in events_of(*log):
        state.apply(event)

    assert len(state._replies) <= 16
    assert len(state._speech_end_us) <= 4


def test_a_span_never_ends_before_it_starts() -> None:
    """Clocks of several machines differ slightly."""
    late = (990, TurnEnded(turn=1, speech_end_ms=1000))
    state = TurnSpans("stt")
    [span] = [s for event in events_of(STARTED, late) for s in state.apply(event)]

    assert isinstance(span, TurnSpan)
    assert span.end_us == span.start_us
