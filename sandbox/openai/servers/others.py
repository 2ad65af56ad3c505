"""Ollama, Groq and OpenRouter."""

import difflib
import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.servers.server import Refusal, Server, calls_of, parameters_of

_GROQ_PARAMETERS = parameters_of("groq")
_GROQ_FIELDS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"role", "content", "name"}),
    "developer": frozenset({"role", "content", "name"}),
    "user": frozenset({"role", "content", "name"}),
    "assistant": frozenset({"role", "content", "name", "tool_calls", "reasoning", "function_call"}),
    "tool": frozenset({"role", "content", "name", "tool_call_id"}),
}


def _groq_refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    for name in body:
        if name not in _GROQ_PARAMETERS:
            near = difflib.get_close_matches(name, _GROQ_PARAMETERS, 1)
            hint = f", did you mean '{near[0]}'?" if near else ""
            yield _groq_refusal(f"property '{name}' is unsupported{hint}")
    for number, message in enumerate(body["messages"]):
        role = message["role"]
        if role not in _GROQ_FIELDS:
            yield _groq_refusal(f"'messages.{number}' : discriminator property 'role' has invalid value")
        for name in message:
            if name not in _GROQ_FIELDS[role]:
                rule = f"('messages.{number}' : property '{name}' is unsupported)"
                text = f"'messages.{number}' : for 'role:{role}' the following must be satisfied[{rule}]"
                yield _groq_refusal(text)
    if body.get("n") not in (None, 1):
        yield _groq_refusal("'n' : number must be at most 1")


def _groq_refusal(text: str) -> Refusal:
    return Refusal(400, {"error": {"message": text, "type": "invalid_request_error"}})


def _groq_adapt(data: dict[str, Any]) -> dict[str, Any]:
    return (
        {**data, "x_groq": {"id": "req_sandbox"}} if data.get("object") == "chat.completion.chunk" else data
    )


def _groq_id() -> str:
    return secrets.token_hex(5)[:9]


def _ollama_refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    for message in body["messages"]:
        if message.get("content") is None and not calls_of(message):
            yield Refusal(400, _ollama_body("invalid message content type: <nil>"))
        for call in calls_of(message):
            try:
                valid = isinstance(json.loads(call["function"]["arguments"]), dict)
            except ValueError:
                valid = False
            if not valid:
                yield Refusal(400, _ollama_body("invalid tool call arguments"))


def _ollama_body(text: str, kind: str = "invalid_request_error") -> Any:
    return {"error": {"message": text, "type": kind, "param": None, "code": None}}


def _ollama_error(error: ApiError) -> Any:
    kind = {404: "not_found_error", 500: "api_error"}.get(error.status, "invalid_request_error")
    return _ollama_body(error.message, kind)


def _ollama_adapt(data: dict[str, Any]) -> dict[str, Any]:
    data.pop("service_tier", None)
    return {**data, "system_fingerprint": "fp_ollama"}


def _ollama_id() -> str:
    return f"call_{secrets.token_hex(4)}"


def _openrouter_refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    for number, message in enumerate(body["messages"]):
        if message["role"] not in ("system", "developer", "user", "assistant", "tool"):
            text = f"Input validation: messages[{number}].role"
            yield Refusal(400, _openrouter_body(text, 400))


def _openrouter_body(text: str, status: int) -> Any:
    raw = json.dumps({"error": {"message": text, "type": "invalid_request_error"}})
    metadata = {"raw": raw, "provider_name": "sandbox"}
    error = {"message": "Provider returned error", "code": status, "metadata": metadata}
    return {"error": error, "user_id": "user_sandbox"}


def _openrouter_error(error: ApiError) -> Any:
    if error.status == 401:
        return {"error": {"message": "No auth credentials found", "code": 401}}
    if error.status == 404:
        return {
            "error": {"message": "No endpoints found for this model.", "code": 404},
            "user_id": "user_sandbox",
        }
    return _openrouter_body(error.message, error.status)


def _openrouter_adapt(data: dict[str, Any]) -> dict[str, Any]:
    for choice in data.get("choices") or ():
        choice.setdefault("native_finish_reason", choice.get("finish_reason"))
    return {**data, "provider": "sandbox"}


GROQ = Server(
    "groq",
    ("/groq/openai/v1", "/groq/v1"),
    _groq_refusals,
    quirks=frozenset({"whole_tool_call", "usage_with_finish", "reasoning"}),
    call_id=_groq_id,
    adapt=_groq_adapt,
)
OLLAMA = Server(
    "ollama",
    ("/ollama/v1",),
    _ollama_refusals,
    error_body=_ollama_error,
    quirks=frozenset({"whole_tool_call", "index_zero", "stop_after_tool", "reasoning"}),
    call_id=_ollama_id,
    adapt=_ollama_adapt,
)
OPENROUTER = Server(
    "openrouter",
    ("/openrouter/api/v1", "/openrouter/v1"),
    _openrouter_refusals,
    error_body=_openrouter_error,
    quirks=frozenset({"reasoning", "usage_unasked"}),
    comment="OPENROUTER PROCESSING",
    adapt=_openrouter_adapt,
)
