"""Refusals of Mistral's API."""

import re
from typing import Any

import pytest

from sandbox.openai.errors import invalid_key, model_not_found, rate_limited
from sandbox.openai.servers.mistral import MISTRAL
from tests.unit.sandbox.openai.bodies import TOOL, USER, body

CALL = {"id": "abcDEF123", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLING = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "abcDEF123", "name": "f", "content": "{}"}
SYSTEM = {"role": "system", "content": "x"}


@pytest.mark.parametrize(
    "good",
    [
        body(SYSTEM, USER, max_tokens=5, temperature=0.3, stream=True, tools=[TOOL], tool_choice="any"),
        body(SYSTEM, USER, CALLING, RESULT),
        body(USER, CALLING, RESULT, {"role": "assistant", "content": "x"}, USER),
        body(USER, {"role": "assistant", "content": "x", "prefix": True}),
    ],
)
def test_good_requests(good: dict[str, Any]) -> None:
    """Its own parameters and its order of roles."""
    assert list(MISTRAL.refusals(good)) == []


@pytest.mark.parametrize(
    ("bad", "status", "text"),
    [
        (body(USER, user="CA1", max_completion_tokens=5), 422, "'max_completion_tokens'"),
        (body(USER, stream_options={}), 422, "extra_forbidden"),
        (body({**USER, "name": "ann"}), 422, "['body', 'messages', 0, 'user', 'name']"),
        (body({"role": "developer", "content": "x"}, USER), 422, "union_tag_invalid"),
        (body(USER, tool_choice="maybe"), 422, "Input should be 'auto'"),
        (body(USER, CALLING, RESULT, USER), 400, "Unexpected role 'user' after role 'tool'"),
        (body(USER, CALLING, USER), 400, "Not the same number of function calls and responses"),
        (body(USER, {"role": "assistant", "content": "x"}), 400, "Expected last role User or Tool"),
        (
            body(USER, {"role": "assistant", "content": ""}, USER),
            400,
            "must have either content or tool_calls",
        ),
        (body(USER, {"role": "assistant", "content": "x"}, SYSTEM, USER), 400, "Unexpected role 'system'"),
        (
            body(
                USER,
                {**CALLING, "tool_calls": [{**CALL, "id": "call_1"}]},
                {**RESULT, "tool_call_id": "call_1"},
            ),
            400,
            "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
        ),
    ],
)
def test_refusals(bad: dict[str, Any], status: int, text: str) -> None:
    """Errors of the schema have status 422, others 400."""
    refusal = next(MISTRAL.refusals(bad))

    assert refusal.status == status
    assert refusal.body["object"] == "error"
    assert text in str(refusal.body["message"])


def test_its_answers_and_errors_have_another_form() -> None:
    """Ids of nine characters, no fingerprint."""
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", MISTRAL.call_id())
    assert MISTRAL.adapt({"object": "chat.completion", "system_fingerprint": "x"}) == {
        "object": "chat.completion"
    }
    assert MISTRAL.error_body(invalid_key("")) == {"detail": "Unauthorized"}
    assert MISTRAL.error_body(rate_limited("m"))["code"] == "1300"
    assert MISTRAL.error_body(model_not_found("m"))["type"] == "invalid_model"
