"""Requests to Chat Completions: every documented parameter, and no other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.validation.chat import chat_errors
from tests.unit.sandbox.openai.bodies import (
    CALLING,
    JSON,
    MESSAGE,
    RESULT,
    SCHEMA,
    TOOL,
    TOOL_LIKE,
    USER,
    body,
)

FORMAT = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
STRICT = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}


@pytest.mark.parametrize(
    "good",
    [
        body(USER),
        body(USER, CALLING, RESULT, USER),
        body(USER, stream=True, stream_options={"include_usage": True, "include_obfuscation": False}),
        body(USER, stream=None, temperature=1, top_p=0.5, n=2, seed=-1, stop=["a", "b"], logit_bias={"5": 1}),
        body(USER, stop="a longer text", logprobs=True, top_logprobs=3, verbosity="low", user="CA1"),
        body(USER, reasoning_effort="none", max_completion_tokens=1, store=True, metadata={"call": "CA1"}),
        body(USER, service_tier="priority", prompt_cache_key="k", safety_identifier="s", tools=[TOOL]),
        body(USER, response_format=FORMAT),
        body({"role": "user", "content": "as JSON"}, response_format={"type": "json_object"}),
    ],
)
def test_valid_bodies_have_no_error(good: dict[str, Any]) -> None:
    """OpenAI accepts these bodies."""
    assert list(chat_errors(good)) == []


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        ([], None, None),
        ({"messages": [USER]}, None, None),
        ({"model": "m"}, "messages", "missing_required_parameter"),
        (body(USER, wishes=1), "wishes", "unknown_parameter"),
        (body(USER, stream="yes"), "stream", "invalid_type"),
        (body(USER, temperature=True), "temperature", "invalid_type"),
        (body(USER, temperature=2.5), "temperature", "decimal_above_max_value"),
        (body(USER, n=0), "n", "integer_below_min_value"),
        (body(USER, stop=["a"] * 5), "stop", "array_above_max_length"),
        (body(USER, stop=[1]), "stop[0]", "invalid_type"),
        (body(USER, user="x" * 65), "user", "string_above_max_length"),
        (body(USER, reasoning_effort="ultra"), "reasoning_effort", "invalid_value"),
        (body(USER, stream_options={"include_usage": True}), "stream_options", None),
        (body(USER, stream=True, stream_options={"x": 1}), "stream_options.x", "unknown_parameter"),
        (body(USER, top_logprobs=1), "top_logprobs", None),
        (body(USER, max_tokens=1, max_completion_tokens=1), "max_tokens", "invalid_parameter_combination"),
        (body(USER, metadata="x"), "metadata", "invalid_type"),
        (body(USER, metadata={"a": 1}), "metadata.a", "invalid_type"),
        (body(USER, metadata={str(n): "" for n in range(17)}), "metadata", "object_above_max_properties"),
        (body(USER, response_format={"type": "json_object"}), "messages", None),
        (body(USER, response_format={}), "response_format.type", "missing_required_parameter"),
        (body(USER, response_format=STRICT), "response_format", None),
    ],
)
def test_the_first_error_names_the_parameter(bad: Any, param: str | None, code: str | None) -> None:
    """Only the first error is reported."""
    error = next(chat_errors(bad))

    assert (error.param, error.code, error.status) == (param, code, 400)
    assert error.message


def test_older_models_do_not_name_an_unknown_parameter() -> None:
    """Then both `param` and `code` are null."""
    error = next(chat_errors(body(USER, wishes=1), named_unknown=False))

    assert (error.message, error.param, error.code) == (
        "Unrecognized request argument supplied: wishes",
        None,
        None,
    )


@given(
    JSON
    | st.lists(MESSAGE, max_size=3).map(lambda messages: body(*messages))
    | st.lists(TOOL_LIKE, max_size=2).map(lambda tools: body(USER, tools=tools))
    | st.tuples(st.sampled_from(["stream_options", "metadata", "stop", "response_format"]), JSON).map(
        lambda pair: body(USER, stream=True, **{pair[0]: pair[1]})
    )
)
def test_no_body_crashes_the_validation(anything: Any) -> None:
    """Any JSON is accepted or rejected."""
    next(chat_errors(anything), None)
