"""Tests for the tool calls of one answer."""

import pytest

from parley.providers.llm import ToolCallRequest
from parley.v1.reply_pb2 import ToolCalled
from services.brain.generation.requested_tools import MAX_CALLS, SURPLUS, RequestedTools
from services.brain.tool_call import key_of


def events(*calls: ToolCallRequest, incomplete: bool = False) -> list[ToolCalled]:
    tools = RequestedTools("r1", 3, (), ["book", "look"])
    for call in calls:
        tools.add(call, "gemini/flash")
    return tools.events(incomplete=incomplete)


def test_a_usable_call_is_stored_unchanged() -> None:
    """Its arguments are the model's text."""
    [called] = events(ToolCallRequest("x", "book", '{"day":"friday"}'))

    assert (called.name, called.arguments, called.problem) == ("book", '{"day":"friday"}', "")
    assert (called.reply_id, called.turn, called.extra, called.route) == ("r1", 3, "", "")


@pytest.mark.parametrize(
    ("name", "arguments"), [("book", "{"), ("book", "[]"), ("book", "\ud800"), ("fly", "{}"), ("", "{}")]
)
def test_an_unusable_call_has_empty_arguments_and_a_problem(name: str, arguments: str) -> None:
    """It is stored, so that the model receives the reason."""
    [called] = events(ToolCallRequest("x", name, arguments))

    assert called.arguments == "{}"
    assert called.problem
    called.SerializeToString()


def test_surplus_calls_have_a_problem() -> None:
    """The rest of a flood is ignored."""
    calls = [ToolCallRequest("x", "look", f'{{"n": {n}}}') for n in range(337)]
    found = events(*calls)

    assert [called.problem for called in found] == [""] * MAX_CALLS + [SURPLUS] * 56
    assert len({called.tool_call_id for called in found}) == len(found)


def test_extra_fields_are_stored_with_their_route() -> None:
    """Two calls in one answer have their own."""
    first = ToolCallRequest("x", "look", "{}", {"extra_content": {"signature": "a"}})
    second = ToolCallRequest("x", "look", '{"n": 2}', {"extra_content": {"signature": "b"}})

    found = events(first, second)
    assert [called.extra for called in found] == [
        '{"extra_content": {"signature": "a"}}',
        '{"extra_content": {"signature": "b"}}',
    ]
    assert {called.route for called in found} == {"gemini/flash"}


def test_a_call_that_was_cut_off_is_no_call() -> None:
    """The calls before it are complete."""
    complete, cut = ToolCallRequest("x", "look", "{}"), ToolCallRequest("y", "book", '{"day": "fri')

    assert [called.name for called in events(complete, cut, incomplete=True)] == ["look"]
    assert [called.name for called in events(complete, cut)] == ["look", "book"]


def test_equal_calls_for_different_inputs_have_different_keys() -> None:
    """Pressed keys do not begin a spoken turn, and the earlier calls may have left the conversation."""
    found = set()
    for dtmf_inputs in (0, 1, 2):
        tools = RequestedTools("r1", 3, (), ["book"], dtmf_inputs)
        tools.add(ToolCallRequest("x", "book", "{}"), "test")
        found |= {called.tool_call_id for called in tools.events(incomplete=False)}

    assert len(found) == 3
    assert all(len(tool_call_id) <= 40 for tool_call_id in found)


def test_the_same_request_twice_in_one_answer_is_one_call() -> None:
    """The order of keys and white space do not matter."""
    first = ToolCallRequest("x", "look", '{"a": 1, "b": 2}')
    second = ToolCallRequest("y", "look", '{"b":2,"a":1}')

    assert [called.arguments for called in events(first, second)] == ['{"a": 1, "b": 2}']
    assert len(events(first, ToolCallRequest("z", "look", '{"a": 1}'))) == 2


def test_a_request_that_is_still_running_is_a_repetition_in_a_later_turn() -> None:
    """It gets the idempotency key of the running call, so that the tool is not run twice."""
    look = ToolCallRequest("x", "look", '{"a": 1}')
    [running] = events(look)
    later = RequestedTools("r5", 3, [running.tool_call_id], running_ids=[running.tool_call_id])
    later.add(look, "")
    [repeated] = later.events(incomplete=False)

    assert repeated.tool_call_id == f"{running.tool_call_id}-2"
    assert key_of(repeated.tool_call_id) == running.tool_call_id


def test_a_call_after_the_others_is_made_once() -> None:
    """It follows the end of the answer; those before it keep their ids."""
    tools = RequestedTools("r1", 1)
    tools.add(ToolCallRequest("x", "look", "{}"), "")
    [first] = tools.events(incomplete=False)
    [late] = tools.late(ToolCallRequest("y", "book", "{}"), "route")

    assert (first.name, late.name, late.reply_id) == ("look", "book", "r1")
    assert tools.late(ToolCallRequest("z", "look", "{}"), "") == []
    assert tools.late(ToolCallRequest("z", "book", "{}"), "") == []
