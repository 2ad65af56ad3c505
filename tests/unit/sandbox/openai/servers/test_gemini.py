"""Refusals of Gemini's OpenAI-compatible API, and the signatures of its calls."""

from typing import Any

import pytest

from sandbox.openai.errors import invalid_key, rate_limited
from sandbox.openai.servers.gemini import GEMINI
from tests.unit.sandbox.openai.bodies import CALL, CALLING, RESULT, USER, body

SIGNED = {**CALL, "extra_content": {"google": {"thought_signature": "abc"}}}


def message(bad: dict[str, Any]) -> str:
    refusal = next(GEMINI.refusals(bad), None)
    if refusal is None:
        return ""
    assert refusal.status == 400
    assert refusal.body[0]["error"]["status"] == "INVALID_ARGUMENT"
    return str(refusal.body[0]["error"]["message"])


def test_unknown_names_are_refused_together() -> None:
    """Each has a line of its own, and the error is in a list."""
    assert message(body(USER, temperature=0.3, max_completion_tokens=5, stream=True)) == ""
    text = message(body(USER, store=False, metadata={}))
    assert 'Unknown name "store": Cannot find field.\n' in text
    assert 'Unknown name "metadata"' in text


def test_the_signature_is_required() -> None:
    """Only the first call of an answer has one."""
    assert "missing a thought_signature in functionCall parts" in message(body(USER, CALLING, RESULT))
    signed = {**CALLING, "tool_calls": [SIGNED, {**CALL, "id": "2"}]}
    assert message(body(USER, signed, RESULT, {**RESULT, "tool_call_id": "2"})) == ""


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (body(USER, {**CALLING, "tool_calls": [SIGNED]}, USER), "number of function response parts"),
        (body(USER, RESULT), "immediately after a function call turn"),
        (body({"role": "system", "content": "x"}), "contents is not specified"),
        (body(USER, max_tokens=0), "max_output_tokens must be positive."),
        (body(USER, reasoning_effort="xhigh"), "reasoning_effort"),
    ],
)
def test_other_refusals(bad: dict[str, Any], text: str) -> None:
    """In Google's words."""
    assert text in message(bad)


def test_calls_are_signed_and_have_no_index() -> None:
    """In chunks and in whole answers."""
    parts = [{"index": 0, "id": "a"}, {"index": 1, "id": "b"}]
    calls = GEMINI.adapt({"choices": [{"delta": {"tool_calls": parts}}]})["choices"][0]["delta"]["tool_calls"]

    assert calls[0]["extra_content"]["google"]["thought_signature"]
    assert "extra_content" not in calls[1]
    assert not any("index" in call for call in calls)
    whole = GEMINI.adapt({"choices": [{"message": {"tool_calls": [{"id": "a"}]}}]})
    assert whole["choices"][0]["message"]["tool_calls"][0]["extra_content"]


def test_errors_are_googles() -> None:
    """An invalid key has status 400 there."""
    assert GEMINI.error_body(invalid_key("bad"))[0]["error"]["code"] == 400
    assert GEMINI.error_body(rate_limited("m"))[0]["error"]["status"] == "RESOURCE_EXHAUSTED"
