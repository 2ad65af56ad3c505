"""Messages of Chat Completions: each one, and their order."""

from typing import Any

import pytest

from sandbox.openai.validation.messages import message_errors
from tests.unit.sandbox.openai.bodies import CALL, CALLING, RESULT, USER

TWO = {**CALLING, "tool_calls": [CALL, {**CALL, "id": "2"}]}


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        [{"role": "developer", "content": "x"}, USER, CALLING, RESULT, USER],
        [USER, TWO, {**RESULT, "tool_call_id": "2"}, RESULT, {"role": "system", "content": "late"}],
        [USER, {"role": "assistant", "content": ""}],
        [USER, {"role": "assistant", "content": None, "refusal": "no"}],
    ],
)
def test_valid_messages_have_no_error(messages: list[Any]) -> None:
    """OpenAI accepts system messages anywhere, and the results of parallel calls in any order."""
    assert list(message_errors(messages)) == []


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        (None, "messages", "missing_required_parameter"),
        ([], "messages", "empty_array"),
        (["x"], "messages[0]", "invalid_type"),
        ([{"content": "hi"}], "messages[0].role", "missing_required_parameter"),
        ([{"role": "robot", "content": "hi"}], "messages[0].role", "invalid_value"),
        ([{"role": "user"}], "messages[0].content", "missing_required_parameter"),
        ([{"role": "user", "content": None}], "messages[0].content", None),
        ([{"role": "user", "content": 5}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": ["x"]}], "messages[0].content[0]", "invalid_type"),
        ([{"role": "user", "content": [{"type": "x"}]}], "messages[0].content[0].type", "invalid_value"),
        ([{**USER, "name": "a b"}], "messages[0].name", "invalid_value"),
        ([{**USER, "mood": 1}], "messages[0].mood", "unknown_parameter"),
        ([{**CALLING, "reasoning_content": "x"}], "messages[0].reasoning_content", "unknown_parameter"),
        ([{"role": "assistant", "tool_calls": []}], "messages[0].tool_calls", "empty_array"),
        (
            [{"role": "assistant", "tool_calls": [{}]}],
            "messages[0].tool_calls[0].id",
            "missing_required_parameter",
        ),
        (
            [{"role": "assistant", "tool_calls": [{**CALL, "id": "x" * 41}]}],
            "messages[0].tool_calls[0].id",
            "string_above_max_length",
        ),
        (
            [{"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "a b", "arguments": ""}}]}],
            "messages[0].tool_calls[0].function.name",
            "invalid_value",
        ),
        (
            [{"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f", "arguments": {}}}]}],
            "messages[0].tool_calls[0].function.arguments",
            "invalid_type",
        ),
        ([{"role": "tool", "content": "x"}], "messages[0].tool_call_id", "missing_required_parameter"),
        ([USER, RESULT], "messages.[1].role", None),
        ([CALLING, USER], "messages.[1].role", None),
        ([USER, CALLING], "messages.[1].role", None),
        ([USER, TWO, RESULT, USER], "messages.[3].role", None),
    ],
)
def test_the_first_error_names_its_place(messages: Any, param: str, code: str | None) -> None:
    """As OpenAI does, with a dot before the index for errors of the order."""
    error = next(message_errors(messages))

    assert (error.param, error.code) == (param, code)
