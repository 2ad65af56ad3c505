"""Values of a tool's result in scripted answers."""

import json
from typing import Any

import pytest

from sandbox.openai.scenario import parse_scenario
from sandbox.openai.tool_result import ToolResult, fill_arguments

RESULT: dict[str, Any] = {"free": [{"start": "2026-12-01T10:00", "say": 'the "first"'}], "count": 1}


def messages(content: str) -> list[dict[str, Any]]:
    call = {"id": "c1", "function": {"name": "find", "arguments": "{}"}}
    return [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": content},
    ]


def test_an_answer_contains_values_of_the_result() -> None:
    """In its text and in the arguments of its calls."""
    rule = {
        "tool_result": "find",
        "say": "Free is {result.free.0.say}, {result.count} in all.",
        "call": {
            "name": "book",
            "arguments": {"start": "{result.free.0.start}", "note": "{result.free.0.say}"},
        },
    }
    answer = parse_scenario({"rules": [rule]}, "s").answer(messages(json.dumps(RESULT)))
    assert answer.text == 'Free is the "first", 1 in all.'
    assert json.loads(answer.calls[0].arguments) == {"start": "2026-12-01T10:00", "note": 'the "first"'}


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"free": []}', "null"])
def test_a_value_that_is_missing_is_empty(content: str) -> None:
    rule = {"tool_result": "find", "say": "Free is {result.free.0.say}."}
    assert parse_scenario({"rules": [rule]}, "s").answer(messages(content)).text == "Free is ."


def test_other_braces_in_arguments_stay() -> None:
    arguments = '{"a": {"b": "{c}"}, "d": "{result.x}"}'
    assert fill_arguments(arguments, ToolResult({"x": 1})) == '{"a": {"b": "{c}"}, "d": "1"}'
