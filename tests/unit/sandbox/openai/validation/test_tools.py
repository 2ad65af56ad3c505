"""Tools and the parameters that refer to them, in both APIs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.validation.tools import chat_tool_errors, responses_tool_errors
from tests.unit.sandbox.openai.bodies import JSON, SCHEMA, TOOL, TOOL_LIKE

FLAT = {"type": "function", "name": "f", "parameters": SCHEMA}
MISSING = "missing_required_parameter"


def function(**more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", **more}}


@pytest.mark.parametrize(
    "good",
    [
        {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False},
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"tools": [function(strict=None)]},
    ],
)
def test_valid_chat_tools_have_no_error(good: dict[str, Any]) -> None:
    """A function needs no parameters."""
    assert list(chat_tool_errors(good)) == []


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        ({"tools": []}, "tools", "empty_array"),
        ({"tools": [TOOL] * 129}, "tools", "array_above_max_length"),
        ({"tools": [{}]}, "tools[0].type", MISSING),
        ({"tools": [{"type": "web"}]}, "tools[0].type", "invalid_value"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", MISSING),
        ({"tools": [FLAT]}, "tools[0].function", MISSING),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", MISSING),
        (
            {"tools": [{"type": "function", "function": {"name": "a b"}}]},
            "tools[0].function.name",
            "invalid_value",
        ),
        ({"tools": [function(name="f" * 65)]}, "tools[0].function.name", "string_above_max_length"),
        ({"tools": [function(parameters={})]}, "tools[0].function.parameters", "invalid_function_parameters"),
        (
            {"tools": [function(parameters=SCHEMA, strict=True)]},
            "tools[0].function.parameters",
            "invalid_function_parameters",
        ),
        ({"tools": [function(extra=1)]}, "tools[0].function.extra", "unknown_parameter"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"parallel_tool_calls": True}, "parallel_tool_calls", None),
        ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice", "invalid_value"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "tool_choice",
            None,
        ),
    ],
)
def test_the_first_error_of_chat_tools(bad: dict[str, Any], param: str, code: str | None) -> None:
    """Some refusals have no code."""
    error = next(chat_tool_errors(bad))

    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        ({"tools": [TOOL]}, "tools[0].name", MISSING),
        ({"tools": [{**FLAT, "parameters": {}}]}, "tools[0].parameters", "invalid_function_parameters"),
        ({"tools": [FLAT], "tool_choice": {"type": "function", "name": "g"}}, "tool_choice", None),
        ({"tools": [FLAT], "tool_choice": {"type": "function"}}, "tool_choice.name", MISSING),
        ({"tool_choice": "required"}, "tool_choice", None),
    ],
)
def test_the_first_error_of_responses_tools(bad: dict[str, Any], param: str, code: str | None) -> None:
    """The form of Chat Completions is refused."""
    error = next(responses_tool_errors(bad))

    assert (error.param, error.code) == (param, code)


def test_valid_responses_tools_have_no_error() -> None:
    """Hosted tools are accepted, and so is an empty list."""
    assert list(responses_tool_errors({"tools": [FLAT, {"type": "web_search"}], "tool_choice": "auto"})) == []
    assert list(responses_tool_errors({"tools": []})) == []


@given(JSON | st.lists(TOOL_LIKE, max_size=3), JSON)
def test_no_tools_crash_the_validation(tools: Any, choice: Any) -> None:
    """Any JSON is accepted or refused."""
    next(chat_tool_errors({"tools": tools, "tool_choice": choice}), None)
    next(responses_tool_errors({"tools": tools, "tool_choice": choice}), None)
