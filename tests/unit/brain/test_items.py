"""Tests for the items of a conversation."""

from services.brain.items import CallerTurn, DtmfInput, characters, is_settled, needs_answer
from services.brain.reply import Reply
from services.brain.tool_call import ToolCall


def test_turns_and_keys_need_an_answer() -> None:
    """A backchannel does not."""
    assert needs_answer(CallerTurn(1, "hello"))
    assert needs_answer(DtmfInput(0, "[keys pressed: 1]"))
    assert not needs_answer(CallerTurn(1, "uh huh", "backchannel"))
    assert not needs_answer(Reply("r1", 1))


def test_what_may_still_change_is_not_settled() -> None:
    """A speculative reply of only a tool call counts as played, but is not released yet."""
    call = ToolCall("t1", "look", "{}", "r1")

    assert is_settled(CallerTurn(1, "hello"))
    assert not is_settled(Reply("r1", 1))
    assert is_settled(Reply("r1", 1, done=True))
    assert is_settled(Reply("r1", 1, cancelled="barge_in"))
    assert not is_settled(Reply("r1", 1, done=True, speculative=True))
    assert not is_settled(call)
    assert is_settled(ToolCall("t1", "look", "{}", "r1", result="{}"))


def test_the_size_of_an_item_is_its_text() -> None:
    """The text of a tool call is its arguments and its result."""
    assert characters(CallerTurn(1, "hello")) == 5
    assert characters(Reply("r1", 1, clauses=("Yes. ", "No."))) == 8
    assert characters(ToolCall("t1", "look", "{}", "r1")) == 2
    assert characters(ToolCall("t1", "look", "{}", "r1", result="[1]")) == 5
