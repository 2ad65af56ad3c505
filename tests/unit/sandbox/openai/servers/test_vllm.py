"""Refusals of vLLM, with a current template and with an old one."""

from typing import Any

import pytest

from sandbox.openai.errors import invalid_key, model_not_found
from sandbox.openai.servers.vllm import VLLM, VLLM_OLD
from tests.unit.sandbox.openai.bodies import CALL, CALLING, RESULT, USER, body

SYSTEM = {"role": "system", "content": "x"}
ANSWER = {"role": "assistant", "content": "x"}


def calling(arguments: str) -> dict[str, Any]:
    return {**CALLING, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": arguments}}]}


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (body(USER, SYSTEM), "System message must be at the beginning."),
        (body(SYSTEM, SYSTEM, USER), "System message must be at the beginning."),
        (body(SYSTEM), "No user query found in messages."),
        (body(USER, calling('{"a": '), RESULT), "Expecting value"),
        (body(USER, calling("[1]"), RESULT), "mapping"),
        (body(USER, tools=[]), "empty array"),
    ],
)
def test_the_current_version(bad: dict[str, Any], text: str) -> None:
    """Unknown parameters are ignored; the arguments of earlier calls must be JSON."""
    refusal = next(VLLM.refusals(bad))

    assert (refusal.status, refusal.body["error"]["code"]) == (400, 400)
    assert text in refusal.body["error"]["message"]
    assert list(VLLM.refusals(body(SYSTEM, USER, CALLING, RESULT, user="CA1", wishes=1))) == []


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (body(USER, max_completion_tokens=5), "extra_forbidden"),
        (body(USER, user="CA1"), "('body', 'user')"),
        (body(USER, USER), "conversation roles must alternate"),
        (body(SYSTEM, SYSTEM, USER), "conversation roles must alternate"),
        (body(ANSWER, USER), "conversation roles must alternate"),
        (body(USER, calling("{"), RESULT, ANSWER), "Expecting property name"),
    ],
)
def test_an_old_version(bad: dict[str, Any], text: str) -> None:
    """The error is not inside `error`."""
    refusal = next(VLLM_OLD.refusals(bad))

    assert (refusal.status, refusal.body["object"]) == (400, "error")
    assert text in refusal.body["message"]
    good = body(SYSTEM, USER, CALLING, RESULT, ANSWER, USER, max_tokens=5)
    assert list(VLLM_OLD.refusals(good)) == []


def test_errors_and_answers() -> None:
    """Long ids, and fields of its own."""
    assert VLLM.error_body(invalid_key("")) == {"error": "Unauthorized"}
    assert VLLM.error_body(model_not_found("m"))["error"]["type"] == "NotFoundError"
    assert VLLM_OLD.error_body(model_not_found("m"))["type"] == "NotFoundError"
    assert len(VLLM.call_id()) > 40
    assert VLLM.adapt({"choices": [{}], "service_tier": "x"}) == {
        "choices": [{"stop_reason": None, "token_ids": None}]
    }
