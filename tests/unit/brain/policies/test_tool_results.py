"""Tests for talking on while tools run, and for the results that join the dialogue."""

import json

import pytest

from parley.agent_config import AgentConfig
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    ReplyCancelled,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import EagerEndOfTurn, SpeechStarted, SpeechStopped, TranscriptUpdated
from services.brain.generation.prompt import build_messages
from services.brain.policies import turn_taking
from services.brain.policies.floor_state import NOISE_TIMEOUT_MS
from services.brain.policies.turn_taking import Answer, CancelReplies, Speculate, WaitUntil
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_finished, playback_started, turn_ended

AGENT = AgentConfig(prompt="x")


def called(call_id: str, reply_id: str = "r1", name: str = "look") -> Event:
    return event(ToolCalled(tool_call_id=call_id, name=name, arguments="{}", reply_id=reply_id, turn=1))


def returned(call_id: str, result: str = '{"free": true}') -> Event:
    return event(ToolReturned(tool_call_id=call_id, result=result))


CALLED = [
    turn_ended(1, "book"),
    *reply_events("r1", 1, "Let me check.", reason="tool_calls"),
    playback_finished("r1", 300),
    called("t1"),
]
MEANWHILE = [turn_ended(2, "is there parking?")]
ANSWERED = [*MEANWHILE, *reply_events("r2", 2, "Yes."), playback_finished("r2", 300)]


def state_after(*events: Event) -> BrainState:
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 0)
    return state


def decide(*events: Event, now_ms: int = 0) -> turn_taking.Decision | None:
    state = state_after(*events)
    return turn_taking.decide(state.floor, state.conversation, AGENT, now_ms=now_ms)


def dialogue(*events: Event) -> list[tuple[str, str]]:
    """Role and content of the messages for the model; a tool call is shown as its id."""
    found: list[tuple[str, str]] = []
    for message in build_messages(AGENT, state_after(*events).conversation)[1:]:
        calls = "".join(f" <{call['id']}>" for call in message.get("tool_calls", ()))
        found.append((message["role"], f"{message['content'] or ''}{calls}"))
    return found


def test_a_running_tool_does_not_prevent_an_answer() -> None:
    """The model sees it as running; nothing is answered as long as the caller is silent."""
    assert decide(*CALLED) is None
    assert decide(*CALLED, *MEANWHILE) == Answer(2)
    _, _, (role, content), _ = dialogue(*CALLED, *MEANWHILE)
    assert role == "tool"
    assert json.loads(content)["status"] == "running"


def test_a_turn_is_predicted_while_a_tool_runs() -> None:
    """The answer to the caller is no slower than otherwise."""
    assert decide(*CALLED, event(EagerEndOfTurn(turn=2, text="is there parking?"))) == Speculate(2)


def test_the_result_of_an_awaited_tool_is_shown_with_its_call() -> None:
    """The model continues with it."""
    assert decide(*CALLED, returned("t1")) == Answer(1)
    assert dialogue(*CALLED, returned("t1"))[1:] == [
        ("assistant", "Let me check. <t1>"),
        ("tool", '{"free": true}'),
    ]


def test_a_late_result_joins_the_dialogue_where_it_came() -> None:
    """The history then reads as if the tool had been called at that moment."""
    assert decide(*CALLED, *ANSWERED) is None
    assert decide(*CALLED, *ANSWERED, returned("t1")) == Answer(1)
    assert dialogue(*CALLED, *ANSWERED, returned("t1"))[1:] == [
        ("assistant", "Let me check."),
        ("user", "is there parking?"),
        ("assistant", "Yes. <t1>"),
        ("tool", '{"free": true}'),
    ]


def test_a_late_result_is_answered_once() -> None:
    """Also when it arrives again from the owner before a takeover."""
    answer = [*reply_events("r3", 1, "It is free."), playback_finished("r3", 300)]

    assert decide(*CALLED, *ANSWERED, returned("t1"), *answer) is None
    assert decide(*CALLED, *ANSWERED, returned("t1"), *answer, returned("t1", "{}")) is None


def test_a_result_waits_for_the_answer_in_progress() -> None:
    """It must not stop the answer to the caller; its audio need not have ended."""
    in_progress = [*MEANWHILE, event(ReplyStarted(reply_id="r2", turn=2, kind=REPLY_KIND_ANSWER))]
    complete = event(ReplyFinished(reply_id="r2", clauses=1, reason="stop"))

    assert decide(*CALLED, *in_progress, returned("t1")) is None
    assert decide(*CALLED, *in_progress, returned("t1"), complete) == Answer(1)


def test_the_caller_still_interrupts_while_a_result_waits() -> None:
    """The turn is then answered together with the result."""
    playing = [*MEANWHILE, *reply_events("r2", 2, "Yes, there is."), *playback_started("r2")]
    words = [event(SpeechStarted()), event(TranscriptUpdated(turn=3, text="what about prices"))]

    assert decide(*CALLED, *playing, returned("t1"), *words) == CancelReplies(("r2",))
    cancelled = event(ReplyCancelled(reply_id="r2", reason="barge_in"))
    ended = [event(SpeechStopped()), turn_ended(3, "what about prices")]
    assert decide(*CALLED, *playing, returned("t1"), *words, cancelled, *ended) == Answer(3)


def test_a_result_does_not_interrupt_the_caller() -> None:
    """Words that have begun, or a turn that probably ends, come first; noise delays it by two seconds."""
    speaking = event(SpeechStarted())
    words = [speaking, event(TranscriptUpdated(turn=2, text="and")), event(SpeechStopped())]
    predicted = event(EagerEndOfTurn(turn=2, text="and"))

    assert decide(*CALLED, speaking, returned("t1")) == WaitUntil(NOISE_TIMEOUT_MS)
    assert decide(*CALLED, speaking, returned("t1"), now_ms=NOISE_TIMEOUT_MS) == Answer(1)
    assert decide(*CALLED, *words, returned("t1")) == WaitUntil(3000)
    assert decide(*CALLED, *words, predicted, returned("t1")) == Speculate(2)


def test_results_of_one_answer_join_together_within_a_moment() -> None:
    """A slower tool does not hold up the others."""
    log = [*CALLED, called("t2"), returned("t1")]

    assert decide(*log) == WaitUntil(400)
    assert decide(*log, now_ms=400) == Answer(1)
    assert decide(*log, returned("t2")) == Answer(1)


def test_a_slower_tool_of_the_same_answer_is_answered_later() -> None:
    """The first result has been answered in the meantime."""
    first = [
        called("t2"),
        returned("t1"),
        *reply_events("r2", 1, "It is free."),
        playback_finished("r2", 300),
    ]

    assert decide(*CALLED, *first) is None
    assert decide(*CALLED, *first, returned("t2")) == Answer(1)
    assert dialogue(*CALLED, *first, returned("t2"))[1:] == [
        ("assistant", "Let me check. <t1>"),
        ("tool", '{"free": true}'),
        ("assistant", "It is free. <t2>"),
        ("tool", '{"free": true}'),
    ]


def test_a_speculative_answer_that_lacks_a_result_is_discarded() -> None:
    """The answer to the caller would otherwise contradict it."""
    predicted = event(EagerEndOfTurn(turn=2, text="is there parking?"))
    started = event(ReplyStarted(reply_id="r2", turn=2, speculative=True, predicted_text="is there parking?"))
    log = [*CALLED, predicted, started]

    assert decide(*log, returned("t1")) == CancelReplies(("r2",), "speculation")
    cancelled = event(ReplyCancelled(reply_id="r2", reason="speculation"))
    assert dialogue(*log, returned("t1"), cancelled)[1:] == [
        ("assistant", "Let me check. <t1>"),
        ("tool", '{"free": true}'),
    ]


@pytest.mark.parametrize("late", [False, True])
def test_a_result_waits_after_a_request_to_wait(late: bool) -> None:
    """It would be spoken into the absence of the caller."""
    hold = turn_ended(3, "hold on a second")
    log = [*CALLED, *(ANSWERED if late else ()), hold]

    assert decide(*log, returned("t1")) is None
    assert decide(*log, returned("t1"), turn_ended(4, "I am back")) == Answer(4)


def test_the_goodbye_is_not_answered_before_the_call_ends() -> None:
    """The tool that ends the call runs after the others of its answer."""
    ending = called("t2", name="end_call")

    assert decide(*CALLED, ending, returned("t1"), now_ms=9000) is None
    assert decide(*CALLED, ending, returned("t1"), returned("t2"), now_ms=9000) == Answer(1)
