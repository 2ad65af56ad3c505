"""Tests of the detection of each kind of loss."""

from bench.chaos.dialogue import GOODBYE, answer_to
from bench.chaos.evaluation import Losses, evaluate
from bench.chaos.fault_injection import Fault
from bench.turns.calls import Call
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ToolCalled, ToolReturned
from parley.v1.speech_pb2 import TranscriptUpdated, TurnEnded
from parley.v1.work_pb2 import StageClaimed
from sandbox.caller.report import AgentSpeech, CallerSpeech, Report, Response
from tests.event_factories import START_US, event

QUESTIONS = ("what are your opening hours", GOODBYE)
ANSWERS = tuple(" ".join(answer_to(text)) for text in QUESTIONS)
FAULT = Fault("brain", pid=7, at_us=START_US + 2_500_000)


def call(
    *more: Event,
    turns: tuple[str, ...] = QUESTIONS,
    answers: tuple[str, ...] = ANSWERS,
    gaps_ms: tuple[float, float] = (700.0, 700.0),
    outcome: str = "completed",
    questions: tuple[str, ...] = QUESTIONS,
) -> Call:
    """A caller who asks at 1 s and ends the call at 10 s, with this transcript and these answers."""
    spoken = [
        CallerSpeech(text=t, start_ms=n * 9000 + 1000, end_ms=n * 9000 + 2000)
        for n, t in enumerate(questions)
    ]
    starts = [line.end_ms + gap for line, gap in zip(spoken, gaps_ms, strict=True)]
    report = Report(
        call_sid="CA1",
        outcome=outcome,
        duration_ms=20_000,
        caller_speech=spoken,
        agent_speech=[
            AgentSpeech(start_ms=s, end_ms=s + 4000, text=t) for s, t in zip(starts, answers, strict=True)
        ],
        responses=[
            Response(after=line.text, gap_ms=gap, first_audio_at=START_US / 1e6 + start / 1000)
            for line, gap, start in zip(spoken, gaps_ms, starts, strict=True)
        ],
        barge_ins=[],
        timeouts=[],
        warnings=[],
    )
    ended = [
        event(TurnEnded(turn=n + 1, text=t), at_ms=n * 9000 + 2250, stage="stt", sequence=1)
        for n, t in enumerate(turns)
    ]
    claimed = event(StageClaimed(worker="brain/host/7"), stage="brain", sequence=1)
    call_ended = event(CallEnded(reason="agent"), at_ms=20_000, stage="stt", sequence=1)
    return Call(
        "CA1", report, tuple(sorted([claimed, *ended, *more, call_ended], key=lambda e: e.sent_at_us))
    )


def losses_of(*calls: Call, faults: tuple[Fault, ...] = (FAULT,)) -> Losses:
    """Evaluate the calls and return their losses."""
    losses = Losses()
    evaluate(calls, faults, losses)
    return losses


def test_a_call_without_losses_reports_nothing() -> None:
    """The call was as fast as the others, so nothing is reported."""
    losses = losses_of(call(), call())

    assert losses.notes == []
    assert (losses.calls, losses.calls_dropped) == (2, 0)
    assert losses.pause_ms == [0, 0]
    assert losses.takeover_ms == []


def test_the_words_of_a_realtime_turn_may_follow_its_end() -> None:
    """The final transcript replaces interim ones; without it the words are lost."""
    pending = event(TurnEnded(turn=3, transcript_pending=True), at_ms=12_000, stage="brain", sequence=2)
    interim = event(TranscriptUpdated(turn=3, text="thank"), at_ms=12_100, stage="brain", sequence=3)
    final = event(
        TranscriptUpdated(turn=3, text=GOODBYE, final=True), at_ms=12_300, stage="brain", sequence=4
    )
    first = QUESTIONS[:1]
    assert losses_of(call(pending, interim, final, turns=first)).notes == []
    assert losses_of(call(pending, interim, turns=first)).words_lost == len(GOODBYE.split())


def test_a_word_with_a_pause_in_it_counts_once() -> None:
    """The word is neither lost nor doubled if playback restarts at its beginning after the pause."""
    for pieces in (("Farew", "ell then."), ("Farew", "Farewell then.")):
        result = call()
        last = result.report.agent_speech[-1]
        rest = (last.text or "").partition("Farewell then.")[2]
        ends = (pieces[0], pieces[1] + rest)
        result.report.agent_speech[-1:] = [last.model_copy(update={"text": text}) for text in ends]

        assert losses_of(result).notes == []


def test_words_lost_or_repeated_in_the_transcript_are_counted() -> None:
    """The turns of the log are compared with the spoken words."""
    losses = losses_of(call(turns=("what your opening opening hours", GOODBYE)))

    assert (losses.words_lost, losses.words_doubled) == (1, 1)
    assert losses.notes


def test_sentences_not_played_or_played_twice_are_counted() -> None:
    """Missing and repeated sentences are counted; a character cut at a seam is not a loss."""
    first, second, third = answer_to(QUESTIONS[0])
    goodbye = " ".join(answer_to(GOODBYE))
    losses = losses_of(call(answers=(f"{first} {third[:-4]}x {third}", goodbye)))

    assert (losses.sentences_lost, losses.sentences_doubled) == (1, 1)
    assert second in losses.notes[0]


def test_words_that_two_replies_join_are_not_lost() -> None:
    """The second reply follows the first without a pause."""
    answer, goodbye = " ".join(answer_to(QUESTIONS[0])), " ".join(answer_to(GOODBYE))
    begin, end = answer.split(" ", 3)[:3], answer.split(" ", 3)[3]
    losses = losses_of(call(answers=(f"{''.join(begin)} {end}", goodbye)))
    assert (losses.sentences_lost, losses.sentences_doubled) == (0, 0)


def test_a_call_that_did_not_complete_was_dropped() -> None:
    """Its words are not compared."""
    assert losses_of(call(outcome="failed")).calls_dropped == 1


def test_a_tool_with_two_effects_is_reported() -> None:
    """A tool call that returned twice is reported."""
    called = ToolCalled(tool_call_id="r3-t1", name="end_call")
    returned = ToolReturned(tool_call_id="r3-t1")
    once = (event(called, at_ms=12_000, sequence=1), event(returned, at_ms=12_001, sequence=2))
    again = event(returned, at_ms=12_500, sequence=3, epoch=2)

    assert losses_of(call(*once)).tool_effects_doubled == 0
    assert losses_of(call(*once, again)).tool_effects_doubled == 1


def test_tool_effects_are_counted_by_the_service() -> None:
    """A surplus effect counts as doubled; a missing one is noted."""
    spoken = ("friday at ten would be better", GOODBYE)
    talk = call(turns=spoken, answers=tuple(" ".join(answer_to(text)) for text in spoken), questions=spoken)

    for effects, doubled, notes in ((1, 0, 0), (2, 1, 1), (0, 0, 1)):
        losses = Losses()
        evaluate([talk], (), losses, lambda _sid, effects=effects: effects)  # type: ignore[misc]
        assert (losses.tool_effects_doubled, len(losses.notes)) == (doubled, notes)


def test_only_the_affected_call_pauses() -> None:
    """The pause is the silence after the fault less the normal one; the takeover is timed as well."""
    next_owner = event(StageClaimed(worker="brain/host/8"), at_ms=3400, stage="brain", epoch=2, sequence=1)
    slow = call(next_owner, gaps_ms=(2200.0, 700.0))
    losses = losses_of(slow, call(), call(), faults=(FAULT, Fault("brain-2", 9, FAULT.at_us)))

    assert losses.pause_ms == [1500, 0, 0]
    assert losses.takeover_ms == [900]


def test_a_fault_of_nats_affects_every_call() -> None:
    """Ownership does not matter."""
    assert losses_of(call(), faults=(Fault("nats-2", 3, FAULT.at_us),)).pause_ms == [0]
