"""Tests for tools that end the call beside other tools."""

from functools import reduce

import pytest

from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ReplyCancelled, ToolCalled, ToolReturned
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.policies.ending_calls import retracts_goodbye, runnable, why_not_end
from services.brain.tool_call import ToolCall
from tests.event_factories import event, reply_events
from tests.unit.brain.event_factories import turn_ended

TERMINAL = frozenset({"end_call"})


def called(call_id: str, name: str) -> Event:
    return event(ToolCalled(tool_call_id=call_id, name=name, arguments="{}", reply_id="r1", turn=1))


def returned(call_id: str, result: str = "{}", *, failed: bool = False) -> Event:
    return event(ToolReturned(tool_call_id=call_id, result=result, failed=failed))


def fold(*events: Event) -> Conversation:
    goodbye = reply_events("r1", 1, "Booked, goodbye.", reason="tool_calls")
    return reduce(evolve, (turn_ended(1, "yes"), *goodbye, *events), Conversation())


def ids(calls: tuple[ToolCall, ...]) -> list[str]:
    return [call.tool_call_id for call in calls]


BOTH_ORDERS = pytest.mark.parametrize(
    "calls", [[called("b", "book"), called("e", "end_call")], [called("e", "end_call"), called("b", "book")]]
)


@BOTH_ORDERS
def test_the_end_waits_for_the_other_tools(calls: list[Event]) -> None:
    """The order in which the model wrote the calls does not matter."""
    assert ids(runnable(fold(*calls), TERMINAL)) == ["b"]
    assert ids(runnable(fold(*calls, returned("b")), TERMINAL)) == ["e"]
    assert ids(runnable(fold(called("e", "end_call")), TERMINAL)) == ["e"]


def end_call(conversation: Conversation) -> ToolCall:
    return next(call for call in conversation.tool_calls_of("r1") if call.name == "end_call")


@BOTH_ORDERS
@pytest.mark.parametrize(
    "result", [returned("b", failed=True), returned("b", '{"ok": false}'), returned("b", '{"error": "full"}')]
)
def test_a_failed_tool_keeps_the_call_going(calls: list[Event], result: Event) -> None:
    """Its turn is answered again, with the result."""
    conversation = fold(*calls, result)

    assert "another tool" in why_not_end(end_call(conversation), conversation, TERMINAL)
    assert fold(*calls, result, returned("e", failed=True)).unanswered_turn == 1


def test_one_of_two_failed_tools_is_enough() -> None:
    """All others must have succeeded."""
    calls = (called("a", "book"), called("b", "mail"), called("e", "end_call"))
    conversation = fold(*calls, returned("a"), returned("b", failed=True))

    assert why_not_end(end_call(conversation), conversation, TERMINAL)


@BOTH_ORDERS
def test_the_call_ends_when_the_others_have_succeeded(calls: list[Event]) -> None:
    """A second end_call does not prevent it."""
    conversation = fold(*calls, called("e2", "end_call"), returned("b", '{"booked": true}'))

    assert why_not_end(end_call(conversation), conversation, TERMINAL) == ""


@BOTH_ORDERS
def test_an_interrupted_goodbye_does_not_end_the_call(calls: list[Event]) -> None:
    """Their next turn is answered, and the old one is not."""
    cut = event(ReplyCancelled(reply_id="r1", reason="barge_in"))
    conversation = fold(*calls, cut, returned("b"))

    assert "interrupted" in why_not_end(end_call(conversation), conversation, TERMINAL)
    assert fold(*calls, cut, returned("b"), returned("e", failed=True)).unanswered_turn is None


@BOTH_ORDERS
def test_a_goodbye_that_is_not_true_is_dropped(calls: list[Event]) -> None:
    """A failure of a tool in any other answer leaves its text alone."""
    conversation = fold(*calls, returned("b", failed=True))
    book = next(call for call in conversation.tool_calls_of("r1") if call.name == "book")
    alone = fold(called("b", "book"), returned("b", failed=True))
    cancelled = fold(*calls, event(ReplyCancelled(reply_id="r1")), returned("b", failed=True))

    assert retracts_goodbye(book, conversation, TERMINAL)
    assert not retracts_goodbye(book, alone, TERMINAL)
    assert not retracts_goodbye(book, cancelled, TERMINAL)
    assert not retracts_goodbye(end_call(conversation), conversation, TERMINAL)


def test_a_repetition_waits_for_the_call_that_it_repeats() -> None:
    """Then it gets the same result, or is run with the same key if that one failed."""
    first, second = called("turn1-0123456789ab", "book"), called("turn1-0123456789ab-2", "book")

    assert ids(runnable(fold(first, second), TERMINAL)) == ["turn1-0123456789ab"]
    assert ids(runnable(fold(first, second, returned("turn1-0123456789ab")), TERMINAL)) == [
        "turn1-0123456789ab-2"
    ]
