"""Tests for speculation; test_turn_taking covers its limits and its effects."""

from functools import reduce

import pytest

from parley.agent_config import AgentConfig, LlmConfig, Speculation
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import HangUpRequested, ToolCalled
from parley.v1.speech_pb2 import EagerEndOfTurn
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.speculation import same_words, should_speculate
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import playback_finished

AGENT = AgentConfig(prompt="x")
PREDICTED = event(EagerEndOfTurn(turn=1, text="book a visit"))
PLAYED = [*reply_events("r1", 0, "Hello."), playback_finished("r1", 500)]


def fold(*events: Event) -> Conversation:
    return reduce(evolve, events, Conversation())


def test_the_agent_file_can_disable_speculation() -> None:
    """Without a predicted turn there is nothing to answer."""
    disabled = AgentConfig(prompt="x", llm=LlmConfig(speculation=Speculation(enabled=False)))

    assert should_speculate(fold(*PLAYED, PREDICTED), AGENT)
    assert not should_speculate(fold(*PLAYED, PREDICTED), disabled)
    assert not should_speculate(fold(*PLAYED), AGENT)


def test_other_work_prevents_speculation() -> None:
    """A reply or the end of the call would conflict with it; the caller is answered while a tool runs."""
    tool = event(ToolCalled(tool_call_id="t1", name="book", reply_id="r1"))
    leaving = event(HangUpRequested(after_reply_id="r1"))

    assert not should_speculate(fold(*reply_events("r1", 0, "Hello."), PREDICTED), AGENT)
    assert should_speculate(fold(*PLAYED, tool, PREDICTED), AGENT)
    assert not should_speculate(fold(*PLAYED, leaving, PREDICTED), AGENT)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("book a visit", "Book a visit.", True),
        ("yes , please", "Yes, please!", True),
        ("book a visit", "book two visits", False),
        ("book", "book a visit", False),
    ],
)
def test_texts_are_compared_by_their_words(one: str, other: str, expected: bool) -> None:
    """Case and punctuation do not matter."""
    assert same_words(one, other) is expected
