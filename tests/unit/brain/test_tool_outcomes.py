"""Tests for the answers of other stages to tools."""

import pytest

from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ToolCalled, ToolReturned
from services.brain import tool_outcomes
from tests.event_factories import event


@pytest.fixture(autouse=True)
def _answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a message that has a tool_call_id count as an answer."""
    monkeypatch.setattr(tool_outcomes, "is_tool_outcome", lambda body: isinstance(body, ToolCalled))


def answer(tool_call_id: str, name: str = "first") -> Event:
    """An answer of another stage."""
    return event(ToolCalled(tool_call_id=tool_call_id, name=name))


def test_the_first_answer_is_retained_until_the_tool_has_returned() -> None:
    """A repeated answer, as after a takeover of the other stage, changes nothing."""
    first = answer("t1")
    outcomes = tool_outcomes.evolve({}, first)
    assert tool_outcomes.evolve(outcomes, answer("t1", "second")) == {"t1": first}

    assert tool_outcomes.evolve(outcomes, event(ToolReturned(tool_call_id="t2"))) == {"t1": first}
    assert tool_outcomes.evolve(outcomes, event(ToolReturned(tool_call_id="t1"))) == {}


def test_answers_without_a_tool_do_not_accumulate() -> None:
    """A call may last for hours."""
    outcomes: dict[str, Event] = {}
    for number in range(100):
        outcomes = dict(tool_outcomes.evolve(outcomes, answer(f"t{number}")))

    assert len(outcomes) == 32
    assert "t99" in outcomes


def test_an_event_without_the_option_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool call of the model itself has an id too."""
    monkeypatch.undo()
    assert tool_outcomes.evolve({}, answer("t1")) == {}
    assert tool_outcomes.evolve({}, Event()) == {}
