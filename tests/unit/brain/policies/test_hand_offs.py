"""Tests for the limits of hand-offs."""

from dataclasses import replace
from functools import reduce

import pytest

from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ReplyCancelled, ToolCalled
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.current_agent import CurrentAgent
from services.brain.policies.ending_calls import runnable
from services.brain.policies.hand_offs import MAX_IN_A_ROW, MAX_PER_CALL, why_not
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import turn_ended


def called(call_id: str, name: str = "hand_off") -> Event:
    return event(ToolCalled(tool_call_id=call_id, name=name, arguments="{}", reply_id="r1", turn=1))


def conversation_of(*events: Event, agent: CurrentAgent | None = None) -> Conversation:
    answer = reply_events("r1", 1, "Moment.", reason="tool_calls")
    found = reduce(evolve, [turn_ended(1, "buy"), *answer, *events], Conversation())
    return found if agent is None else replace(found, agent=agent)


def reason(conversation: Conversation, target: str = "sales") -> str:
    return why_not(conversation.pending_tool_calls[0], target, "front", conversation)


def test_another_agent_may_take_over() -> None:
    """The first hand-off of a call has no limit to reach."""
    assert reason(conversation_of(called("t1"))) == ""


@pytest.mark.parametrize(
    ("conversation", "target", "text"),
    [
        (conversation_of(called("t1")), "front", "you are already"),
        (conversation_of(called("t1"), called("t2", "end_call")), "sales", "ends the call"),
        (
            conversation_of(called("t1"), event(ReplyCancelled(reply_id="r1", reason="barge_in"))),
            "sales",
            "interrupted",
        ),
        (
            conversation_of(called("t1"), agent=CurrentAgent(from_agent="sales", passed_by=("sales",))),
            "sales",
            "has just come from 'sales'",
        ),
        (
            conversation_of(called("t1"), agent=CurrentAgent(passed_by=("a",) * MAX_IN_A_ROW)),
            "sales",
            "has just come from",
        ),
        (conversation_of(called("t1"), agent=CurrentAgent(changes=MAX_PER_CALL)), "sales", "too often"),
        (conversation_of(called("t1"), agent=CurrentAgent(after_reply_id="r1")), "sales", "again"),
    ],
)
def test_a_hand_off_that_helps_no_caller_is_refused(
    conversation: Conversation, target: str, text: str
) -> None:
    """The model learns the reason, and the current agent continues."""
    assert text in reason(conversation, target)


def test_a_hand_off_waits_for_the_other_tools_of_its_answer() -> None:
    """Their results belong to the agent that requested them."""
    both = conversation_of(called("t1"), called("t2", "book"))

    assert [call.tool_call_id for call in runnable(both, frozenset({"end_call"}))] == ["t2"]
