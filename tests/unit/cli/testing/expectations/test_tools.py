"""Expectations of tool calls that hold, and that do not."""

from dataclasses import replace
from typing import Any

import pytest

from cli.testing.expectations import tools
from parley.v1.knowledge_pb2 import KnowledgePassage, KnowledgeSearched
from tests.event_factories import event
from tests.unit.cli.testing.call_events import outcome


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["book_appointment", "end_call"], ""),
        ("end_call", ""),
        (["end_call", "book_appointment"], "no call of book_appointment in this position"),
        ([{"name": "book_appointment", "arguments": {"day": "tuesday"}, "failed": False}], ""),
        ([{"name": "book_appointment", "result": {"booked": True}}], ""),
        ([{"name": "book_appointment", "arguments": {"day": "monday"}}], 'book_appointment {"arguments"'),
        ([{"name": "end_call", "failed": True}], "no call of end_call"),
        ([{"name": "end_call", "problem": "no such tool"}], "no call of end_call"),
    ],
)
def test_calls_in_their_order(wanted: Any, message: str) -> None:
    got = tools.tools_called(wanted)(outcome())

    assert message in got
    assert bool(got) == bool(message)


def test_numbers_of_calls() -> None:
    assert not tools.tool_calls({"end_call": 1, "book_appointment": "at least 1", "other": 0})(outcome())
    assert "expected 2 calls of end_call, got 1" in tools.tool_calls({"end_call": 2})(outcome())
    assert not tools.tools_never_called(["other"])(outcome())
    assert "end_call was called" in tools.tools_never_called("end_call")(outcome())


@pytest.mark.parametrize(
    "value",
    [[], [{"arguments": {}}], [{"name": "a", "argument": {}}], [3], [{"name": "a", "failed": "no"}]],
)
def test_an_unusable_value_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"must|a tool is|did you mean"):
        tools.tools_called(value)


def test_documents_found_in_the_call() -> None:
    """The log of the call names them."""
    body = KnowledgeSearched(passages=[KnowledgePassage(document="a.md"), KnowledgePassage(document="b.md")])
    searched = replace(outcome(), played=replace(outcome().played, events=(event(body),)))
    assert not tools.documents_found(["b.md"])(searched)
    assert "missing: c.md" in tools.documents_found(["a.md", "c.md"])(searched)
    assert "found: a.md, b.md" in tools.documents_found([])(searched)
    assert not tools.documents_found([])(outcome())
