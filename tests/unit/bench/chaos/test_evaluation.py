"""What a call lost: the judge sees each kind of loss."""

from bench.chaos.dialogue import GOODBYE, answer_to
from bench.chaos.evaluation import Losses, evaluate
from bench.chaos.fault_injection import Fault
from bench.turns.calls import Call
from parley.v1.call_pb2 import CallEnded
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ToolCalled, ToolReturned
from parley.v1.speech_pb2 import TurnEnded
from parley.v1.work_pb2 import StageClaimed
from sandbox.caller.report import AgentSpeech, CallerSpeech, Report, Response
from tests.event_factories import START_US, event

ASKED = ("what are your opening hours", GOODBYE)
ANSWERS = tuple(" ".join(answer_to(text)) for text in ASKED)
HIT = Fault("brain", pid=7, at_us=START_US + 2_500_000)


def call(
    *more: Event,
    turns: tuple[str, ...] = ASKED,
    answers: tuple[str, ...] = ANSWERS,
    gaps_ms: tuple[float, float] = (700.0, 700.0),
    outcome: str = "completed",
    asked: tuple[str, ...] = ASKED,
) -> Call:
    """Somebody asks at 1 s and takes leave at 10 s; what was heard and answered may be another thing."""
    said = [
        CallerSpeech(text=t, start_ms=n * 9000 + 1000, end_ms=n * 9000 + 2000) for n, t in enumerate(asked)
    ]
    starts = [line.end_ms + gap for line, gap in zip(said, gaps_ms, strict=True)]
    report = Report(
        call_sid="CA1",
        outcome=outcome,
        duration_ms=20_000,
        caller_speech=said,
        agent_speech=[
            AgentSpeech(start_ms=s, end_ms=s + 4000, text=t) for s, t in zip(starts, answers, strict=True)
        ],
        responses=[
            Response(after=line.text, gap_ms=gap, first_audio_at=START_US / 1e6 + start / 1000)
            for line, gap, start in zip(said, gaps_ms, starts, strict=True)
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
    over = event(CallEnded(reason="agent"), at_ms=20_000, stage="stt", sequence=1)
    return Call("CA1", report, tuple(sorted([claimed, *ended, *more, over], key=lambda e: e.sent_at_us)))


def judged(*calls: Call, strikes: tuple[Fault, ...] = (HIT,)) -> Losses:
    """All of them."""
    losses = Losses()
    evaluate(calls, strikes, losses)
    return losses


def test_a_call_that_lost_nothing() -> None:
    """And was not slower than the others."""
    losses = judged(call(), call())

    assert losses.notes == []
    assert (losses.calls, losses.calls_dropped) == (2, 0)
    assert losses.pause_ms == [0, 0]
    assert losses.takeover_ms == []


def test_a_word_with_a_pause_in_it_was_heard() -> None:
    """That is no loss; nor has it been heard twice when it was begun anew after the pause."""
    for pieces in (("Farew", "ell then."), ("Farew", "Farewell then.")):
        made = call()
        last = made.report.agent_speech[-1]
        rest = (last.text or "").partition("Farewell then.")[2]
        ends = (pieces[0], pieces[1] + rest)
        made.report.agent_speech[-1:] = [last.model_copy(update={"text": text}) for text in ends]

        assert judged(made).notes == []


def test_words_that_were_not_heard_or_heard_twice() -> None:
    """By the turns of the log."""
    losses = judged(call(turns=("what your opening opening hours", GOODBYE)))

    assert (losses.words_lost, losses.words_doubled) == (1, 1)
    assert losses.notes


def test_sentences_that_were_not_spoken_or_spoken_twice() -> None:
    """A broken character at a seam is none."""
    first, second, third = answer_to(ASKED[0])
    goodbye = " ".join(answer_to(GOODBYE))
    losses = judged(call(answers=(f"{first} {third[:-4]}x {third}", goodbye)))

    assert (losses.sentences_lost, losses.sentences_doubled) == (1, 1)
    assert second in losses.notes[0]


def test_a_call_that_did_not_come_to_its_end() -> None:
    """Whatever had been said."""
    assert judged(call(outcome="failed")).calls_dropped == 1


def test_a_tool_that_did_its_work_twice() -> None:
    """The same call of it, or another."""
    called = ToolCalled(tool_call_id="r3-t1", name="end_call")
    returned = ToolReturned(tool_call_id="r3-t1")
    once = (event(called, at_ms=12_000, sequence=1), event(returned, at_ms=12_001, sequence=2))
    again = event(returned, at_ms=12_500, sequence=3, epoch=2)

    assert judged(call(*once)).tool_effects_doubled == 0
    assert judged(call(*once, again)).tool_effects_doubled == 1


def test_what_tools_did_is_counted_where_it_was_done() -> None:
    """An effect more is one too many, one less is told as well."""
    said = ("friday at ten would be better", GOODBYE)
    asked = call(turns=said, answers=tuple(" ".join(answer_to(text)) for text in said), asked=said)

    for had, doubled, notes in ((1, 0, 0), (2, 1, 1), (0, 0, 1)):
        losses = Losses()
        evaluate([asked], (), losses, lambda _sid, had=had: had)  # type: ignore[misc]
        assert (losses.tool_effects_doubled, len(losses.notes)) == (doubled, notes)


def test_only_who_was_hit_pauses() -> None:
    """The silence after the blow, less what is usual; until a successor takes over."""
    successor = event(StageClaimed(worker="brain/host/8"), at_ms=3400, stage="brain", epoch=2, sequence=1)
    slow = call(successor, gaps_ms=(2200.0, 700.0))
    losses = judged(slow, call(), call(), strikes=(HIT, Fault("brain-2", 9, HIT.at_us)))

    assert losses.pause_ms == [1500, 0, 0]
    assert losses.takeover_ms == [900]


def test_a_bus_that_is_hit_is_everybodys() -> None:
    """Whoever owns what."""
    assert judged(call(), strikes=(Fault("nats-2", 3, HIT.at_us),)).pause_ms == [0]
