"""Refusals of Ollama, Groq and OpenRouter."""

from typing import Any

import pytest

from sandbox.openai.errors import invalid_key, model_not_found, of_status
from sandbox.openai.servers.others import GROQ, OLLAMA, OPENROUTER
from tests.unit.sandbox.openai.bodies import CALL, CALLING, RESULT, USER, body

BROKEN = {**CALLING, "tool_calls": [{**CALL, "function": {"name": "f", "arguments": "{"}}]}


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (body(USER, store=True), "property 'store' is unsupported, did you mean '"),
        (body(USER, logprobs=True), "property 'logprobs' is unsupported"),
        (
            body({**CALLING, "reasoning_content": "x"}),
            "'messages.0' : for 'role:assistant' the following must",
        ),
        (body({"role": "robot"}), "discriminator property 'role' has invalid value"),
        (body(USER, n=2), "'n' : number must be at most 1"),
    ],
)
def test_groq(bad: dict[str, Any], text: str) -> None:
    """Its errors have neither a parameter nor a code."""
    error = next(GROQ.refusals(bad)).body["error"]

    assert text in error["message"]
    assert set(error) == {"message", "type"}
    assert list(GROQ.refusals(body(USER, user="CA1", max_completion_tokens=5, reasoning_effort="low"))) == []


def test_ollama() -> None:
    """Unknown parameters are ignored."""
    assert list(OLLAMA.refusals(body(USER, CALLING, RESULT, wishes=1))) == []
    assert next(OLLAMA.refusals(body(USER, BROKEN))).body["error"]["message"] == "invalid tool call arguments"
    assert "content type" in next(OLLAMA.refusals(body({"role": "user"}))).body["error"]["message"]
    assert OLLAMA.error_body(model_not_found("m"))["error"]["type"] == "not_found_error"
    assert OLLAMA.adapt({"service_tier": "x"}) == {"system_fingerprint": "fp_ollama"}


def test_openrouter() -> None:
    """The error of the provider behind it is text within the error."""
    assert list(OPENROUTER.refusals(body(USER, wishes=1))) == []
    refusal = next(OPENROUTER.refusals(body({"role": "robot"})))
    assert refusal.body["error"]["code"] == 400
    assert "robot" not in refusal.body["error"]["message"]
    assert OPENROUTER.error_body(invalid_key(""))["error"]["code"] == 401
    assert OPENROUTER.error_body(model_not_found("m"))["error"]["code"] == 404
    assert OPENROUTER.error_body(of_status(500, "x"))["error"]["metadata"]["provider_name"]
    assert (
        OPENROUTER.adapt({"choices": [{"finish_reason": "stop"}]})["choices"][0]["native_finish_reason"]
        == "stop"
    )


def test_ids_and_fields_of_answers() -> None:
    """Each server has its own form."""
    assert OLLAMA.call_id().startswith("call_")
    assert len(GROQ.call_id()) == 9
    assert "x_groq" in GROQ.adapt({"object": "chat.completion.chunk"})
