"""Requests to the Responses API."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.openai.validation.responses import responses_errors
from tests.unit.sandbox.openai.bodies import JSON, SCHEMA

TOOL = {"type": "function", "name": "f", "parameters": SCHEMA}
FORMAT = {"type": "json_schema", "name": "x", "schema": SCHEMA}
MOVED = "unsupported_parameter"


def body(**more: Any) -> dict[str, Any]:
    return {"model": "m", "input": "hi", **more}


@pytest.mark.parametrize(
    "good",
    [
        body(),
        body(instructions="x", tools=[TOOL], tool_choice="auto", parallel_tool_calls=False, store=False),
        body(reasoning={"effort": "low", "summary": "auto"}, include=["reasoning.encrypted_content"]),
        body(max_output_tokens=16, text={"format": FORMAT, "verbosity": "low"}, truncation="auto"),
        body(stream=True, stream_options={"include_obfuscation": False}, metadata={"a": "b"}, user="CA1"),
        body(reasoning={"effort": None}, previous_response_id="resp_1", temperature=1),
    ],
)
def test_valid_bodies_have_no_error(good: dict[str, Any]) -> None:
    """OpenAI accepts these bodies."""
    assert list(responses_errors(good)) == []


@pytest.mark.parametrize(
    ("bad", "param", "code"),
    [
        ([], None, None),
        ({"input": "hi"}, "model", "missing_required_parameter"),
        ({"model": "m"}, "input", "missing_required_parameter"),
        (body(messages=[]), "messages", MOVED),
        (body(max_tokens=5), "max_tokens", MOVED),
        (body(max_completion_tokens=5), "max_completion_tokens", MOVED),
        (body(reasoning_effort="low"), "reasoning_effort", MOVED),
        (body(response_format={}), "response_format", MOVED),
        (body(wishes=1), "wishes", "unknown_parameter"),
        (body(max_output_tokens=5), "max_output_tokens", "integer_below_min_value"),
        (body(reasoning={"effort": "ultra"}), "reasoning.effort", "invalid_value"),
        (body(reasoning={"speed": 1}), "reasoning.speed", "unknown_parameter"),
        (body(stream_options={}), "stream_options", None),
        (
            body(stream=True, stream_options={"include_usage": True}),
            "stream_options.include_usage",
            "unknown_parameter",
        ),
        (body(include=["everything"]), "include[0]", "invalid_value"),
        (body(conversation="c", previous_response_id="r"), None, "mutually_exclusive_parameters"),
        (body(text={"format": {"type": "xml"}}), "text.format.type", "invalid_value"),
        (body(text={"format": {**FORMAT, "strict": True}}), "text.format.schema", None),
    ],
)
def test_the_first_error_names_the_parameter(bad: Any, param: str | None, code: str | None) -> None:
    """Parameters of Chat Completions have moved."""
    error = next(responses_errors(bad))

    assert (error.param, error.code) == (param, code)


@given(
    JSON
    | st.dictionaries(
        st.sampled_from(["input", "reasoning", "text", "include", "stream_options", "metadata", "tools"]),
        JSON,
    ).map(lambda more: body(stream=True, **more))
    | JSON.map(lambda value: body(text={"format": value}))
)
def test_no_body_crashes_the_validation(anything: Any) -> None:
    """Any JSON is accepted or refused."""
    next(responses_errors(anything), None)
