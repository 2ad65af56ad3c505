"""Tests of the end of a call at its maximum duration."""

import pytest

from parley.agent_config import AgentConfig, Limits
from parley.v1.call_pb2 import CallEnded, StreamStarted, StreamStopped
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import (
    REPLY_KIND_WARNING,
    HangUpRequested,
    ReplyClause,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
)
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated
from services.brain.policies import call_limit
from services.brain.policies.call_limit import EndAtLimit, WarnMaxDuration
from services.brain.policies.turn_taking import WaitUntil
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
    assert decide(OPEN, now_ms=570_000) == WarnMaxDuration(AGENT.limits.warning)
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
