"""Tests of the end of a call at its maximum duration."""

from decimal import Decimal

import pytest

from parley.agent_config import AgentConfig, Limits
from parley.v1.call_pb2 import CallEnded, StreamStarted, StreamStopped
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    REPLY_KIND_WARNING,
    HangUpRequested,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    TokensUsed,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated
from services.brain.policies import call_limit, turn_taking
from services.brain.policies.call_limit import EndAtLimit, WarnOfLimit
from services.brain.policies.turn_taking import Answer, WaitUntil
from services.brain.session_log import BRAIN
from services.brain.state import BrainState
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_finished, turn_ended

AGENT = AgentConfig(prompt="x", limits=Limits(max_call_s=600))
OPEN = event(StreamStarted())
WARNED = [
    event(ReplyStarted(reply_id="r1", kind=REPLY_KIND_WARNING)),
    event(ReplyClause(reply_id="r1", text="x")),
    event(ReplyFinished(reply_id="r1", clauses=1)),
    playback_finished("r1", 1),
]
GOODBYE = AGENT.idle.goodbye
BUSY = {
    "continuous voice": [event(SpeechStarted())],
    "words without an end": [event(SpeechStarted()), event(TranscriptUpdated(turn=1, text="and then"))],
    "a turn without an answer": [turn_ended(1, "hello")],
    "a tool without a result": [
        turn_ended(1, "hello"),
        *reply_events("r1", 1, "Wait."),
        playback_finished("r1", 1),
        event(ToolCalled(tool_call_id="t1", reply_id="r1", name="book")),
    ],
    "a reply that never ends": reply_events("r1", 0, "Hello."),
}


def decide(*events: Event, now_ms: int) -> call_limit.Decision | None:
    """The decision after events that all arrived at call time 1000."""
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 1000)
    return call_limit.decide(state.limit, state.floor, state.conversation, AGENT, now_ms=now_ms)


def test_a_call_ends_at_its_maximum_duration() -> None:
    """The caller is warned once, 30 s before the end."""
    assert decide(OPEN, now_ms=1000) == WaitUntil(570_000)
    assert decide(OPEN, now_ms=570_000) == WarnOfLimit(AGENT.limits.warning)
    assert decide(OPEN, *WARNED, now_ms=570_000) == WaitUntil(600_000)
    assert decide(OPEN, *WARNED, now_ms=600_000) == EndAtLimit(GOODBYE, ())


@pytest.mark.parametrize("name", BUSY)
def test_nothing_keeps_a_call_from_its_end(name: str) -> None:
    """The warning waits for silence, the end does not."""
    assert decide(OPEN, *BUSY[name], now_ms=570_000) == WaitUntil(600_000)
    assert isinstance(decide(OPEN, *BUSY[name], now_ms=600_000), EndAtLimit)


def test_the_goodbye_replaces_the_replies_of_the_agent() -> None:
    """The last reply is cancelled first."""
    replies = [*reply_events("r1", 0, "Hello."), *reply_events("r2", 1, "Well.")]

    assert decide(OPEN, *replies, now_ms=600_000) == EndAtLimit(GOODBYE, ("r2", "r1"))


@pytest.mark.parametrize(
    "events",
    [
        [],
        [OPEN, event(StreamStopped())],
        [OPEN, event(CallEnded())],
        [OPEN, *reply_events("r1", 0, "Bye."), event(HangUpRequested(reason="agent", after_reply_id="r1"))],
        [OPEN, event(HangUpRequested(reason="max_call_s", after_reply_id="r1"))],
    ],
    ids=["no stream yet", "no stream", "ended", "hanging up", "ending"],
)
def test_nothing_is_decided(events: list[Event]) -> None:
    """The call ends already, or the caller would not hear the goodbye."""
    assert decide(*events, now_ms=600_000) is None


BUDGET = {
    "max_tokens": Limits(max_tokens=1000),
    "max_cost": Limits(max_cost=Decimal("0.10")),
}
USED = event(TokensUsed(input=900, output=100, cost="0.1", currency="USD"))
NEARLY_USED = event(TokensUsed(input=800, cost="0.08", currency="USD"))
TURN = [event(SpeechStarted()), event(SpeechStopped()), turn_ended(1, "hello")]
ANSWERING = [*TURN, *reply_events("r1", 1, "Hello.")[:2]]
TOOL = event(ToolCalled(tool_call_id="t1", reply_id="r1", name="book", turn=1))
TOOL_REPLY = [
    event(ReplyStarted(reply_id="r1", turn=1, kind=REPLY_KIND_ANSWER)),
    event(ReplyFinished(reply_id="r1", reason="tool_calls")),
    TOOL,
]


def agent_with(limits: Limits) -> AgentConfig:
    """An agent with these limits."""
    return AGENT.model_copy(update={"limits": limits})


def state_after(*events: Event) -> BrainState:
    """The state after events that all arrived at call time 1000."""
    state = BrainState()
    for happening in events:
        state = state.evolve(happening, 1000)
    return state


def decided_by(limits: Limits, *events: Event) -> call_limit.Decision | None:
    """The decision at call time 1000."""
    state = state_after(*events)
    return call_limit.decide(state.limit, state.floor, state.conversation, agent_with(limits), now_ms=1000)


@pytest.mark.parametrize("reason", BUDGET)
def test_a_call_ends_when_its_tokens_are_used_up(reason: str) -> None:
    """The answer in progress is spoken to its end before the goodbye."""
    finished = [OPEN, *TURN, *reply_events("r1", 1, "Hello."), USED]

    assert decided_by(BUDGET[reason], *finished) == EndAtLimit(GOODBYE, (), reason)
    assert decided_by(Limits(), *finished) == WaitUntil(1_770_000)


@pytest.mark.parametrize("reason", BUDGET)
@pytest.mark.parametrize(
    "events",
    [
        ANSWERING,
        TURN[:1],
        [*TURN, *TOOL_REPLY],
        [*TURN, *TOOL_REPLY, event(ToolReturned(tool_call_id="t1", result="{}"))],
        [*TURN, event(ReplyStarted(reply_id="r1", turn=1, speculative=True, predicted_text="hello"))],
    ],
    ids=["an answer", "words of the caller", "a tool", "the result of a tool", "speculation"],
)
def test_what_is_in_progress_is_completed_first(reason: str, events: list[Event]) -> None:
    """A booking that was made is confirmed to the caller."""
    assert isinstance(decided_by(BUDGET[reason], OPEN, *events, USED), WaitUntil)


def test_the_caller_is_warned_at_80_percent() -> None:
    """The warning comes once; an empty text disables it."""
    limits = BUDGET["max_tokens"]
    warned = WarnOfLimit(limits.budget_warning)

    assert decided_by(limits, OPEN, NEARLY_USED) == warned
    assert decided_by(BUDGET["max_cost"], OPEN, NEARLY_USED) == warned
    assert decided_by(limits, OPEN, NEARLY_USED, *WARNED) == WaitUntil(1_800_000)
    silent = limits.model_copy(update={"budget_warning": ""})
    assert decided_by(silent, OPEN, NEARLY_USED) == WaitUntil(1_770_000)


def turn_decision(*events: Event) -> turn_taking.Decision | None:
    """The decision of turn-taking with a limit of 1000 tokens."""
    state, agent = state_after(*events), agent_with(BUDGET["max_tokens"])
    return call_limit.turn_decision(state.limit, state.floor, state.conversation, agent, now_ms=1000)


def test_no_turn_is_answered_without_tokens() -> None:
    """Only the answer with the result of a tool is."""
    result = event(ToolReturned(tool_call_id="t1", result="{}"))

    assert turn_decision(OPEN, *TURN) == Answer(1)
    assert turn_decision(OPEN, *TURN, USED) is None
    assert turn_decision(OPEN, *TURN, *TOOL_REPLY, result, USED) == Answer(1)
    hang_up = event(HangUpRequested(reason="max_tokens"))
    assert turn_decision(OPEN, *TURN, hang_up) is None


def test_the_tokens_survive_a_takeover() -> None:
    """They are part of the state that the next owner starts with."""
    state = state_after(OPEN, USED, NEARLY_USED)

    assert BRAIN.codec is not None
    decoded = BRAIN.codec.decode(BRAIN.codec.encode(state))

    assert decoded.limit.tokens == state.limit.tokens
    assert (decoded.limit.tokens.tokens, decoded.limit.tokens.costs) == (1800, {"USD": "0.18"})
