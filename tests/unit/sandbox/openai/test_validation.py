"""Tests of the validation of request bodies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.validation import find_error

USER = {"role": "user", "content": "hi"}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "1", "content": "{}"}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["system", "user", "assistant", "tool"]) | JSON,
        "content": JSON,
        "tool_calls": st.lists(st.fixed_dictionaries({}, optional={"id": JSON, "function": JSON})) | JSON,
        "tool_call_id": JSON,
    },
)


def body(*messages: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": list(messages), **more}


@pytest.mark.parametrize(
    "good",
    [
        body(USER),
        body({"role": "user", "content": [{"type": "text", "text": "hi"}]}),
        body(USER, CALLING, RESULT, USER),
        body(USER, stream=True, stream_options={"include_usage": True}, metadata={"call_sid": "CA1"}),
        body(USER, stream=None, temperature=1),
    ],
)
def test_valid_bodies_have_no_error(good: dict[str, Any]) -> None:
    """OpenAI accepts these bodies."""
    assert find_error(good) is None


@pytest.mark.parametrize(
    ("bad", "param"),
    [
        ([], None),
        ({"messages": [USER]}, None),
        ({"model": "m"}, "messages"),
        (body(), "messages"),
        (body("x"), "messages[0]"),
        (body({"role": "robot", "content": "hi"}), "messages[0].role"),
        (body({"role": "user", "content": None}), "messages[0].content"),
        (body({"role": "user", "content": 5}), "messages[0].content"),
        (body({"role": "user", "content": ["x"]}), "messages[0].content[0]"),
        (body({"role": "assistant", "tool_calls": [{}]}), "messages[0].tool_calls[0].id"),
        (body(USER, RESULT), "messages.[1].role"),
        (body(CALLING, USER), "messages.[1].role"),
        (body(USER, CALLING), "messages.[1].role"),
        (body(USER, stream="yes"), "stream"),
        (body(USER, temperature=True), "temperature"),
        (body(USER, stream_options={"include_usage": True}), "stream_options"),
        (body(USER, metadata="x"), "metadata"),
    ],
)
def test_the_error_names_the_invalid_parameter(bad: Any, param: str | None) -> None:
    """Only the first error is reported."""
    error = find_error(bad)

    assert error is not None
    assert error.param == param
    assert error.message


@given(JSON | st.lists(MESSAGE, max_size=3).map(lambda messages: {"model": "m", "messages": messages}))
def test_no_body_crashes_the_validation(anything: Any) -> None:
    """Any JSON is accepted or rejected."""
    find_error(anything)
