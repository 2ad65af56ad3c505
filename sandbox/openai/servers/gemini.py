"""Gemini's OpenAI-compatible API: refuses unknown names, and needs the signature of a thought back."""

import base64
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.servers.server import Refusal, Server, calls_of, parameters_of

_PARAMETERS = parameters_of("gemini")
_EFFORTS = ("none", "minimal", "low", "medium", "high")
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


def _body(text: str, status: int = 400, details: list[dict[str, Any]] | None = None) -> Any:
    """Google's error, in a list of one, as this API sends it."""
    error: dict[str, Any] = {"code": status, "message": text, "status": _STATUS.get(status, "INTERNAL")}
    return [{"error": error | ({"details": details} if details else {})}]


def _refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    unknown = [name for name in body if name not in _PARAMETERS]
    if unknown:
        texts = [
            f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.' for name in unknown
        ]
        violations = [{"description": text} for text in texts]
        details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]
        yield Refusal(400, _body("\n".join(texts), details=details))
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in _EFFORTS:
        yield Refusal(400, _body(f"Invalid value for reasoning_effort: {effort}"))
    for name in ("max_tokens", "max_completion_tokens"):
        if isinstance(body.get(name), int) and body[name] < 1:
            yield Refusal(400, _body("max_output_tokens must be positive."))
    yield from _message_refusals(body["messages"])


def _message_refusals(messages: list[Mapping[str, Any]]) -> Iterator[Refusal]:
    if all(message["role"] in ("system", "developer") for message in messages):
        yield Refusal(400, _body("* GenerateContentRequest.contents: contents is not specified\n"))
    open_calls: list[Mapping[str, Any]] = []
    for number, message in enumerate(messages):
        calls = calls_of(message)
        if calls and not _signature(calls[0]):
            yield Refusal(400, _body(_unsigned(calls[0]["function"]["name"], number + 1)))
        if message["role"] == "tool":
            if not open_calls:
                text = (
                    "Please ensure that function response turn comes immediately after a function call turn."
                )
                yield Refusal(400, _body(text))
            continue
        open_calls = calls
        results = [later for later in messages[number + 1 :][: len(calls)] if later["role"] == "tool"]
        if len(results) != len(calls):
            text = (
                "Please ensure that the number of function response parts is equal to the number of function "
                "call parts of the function call turn."
            )
            yield Refusal(400, _body(text))


def _unsigned(name: str, position: int) -> str:
    return (
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
        "work correctly, and missing thought_signature may lead to degraded model performance. Additional "
        f"data, function call `default_api:{name}` , position {position}. Please refer to "
        "https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
    )


def _signature(call: Mapping[str, Any]) -> str:
    extra = call.get("extra_content")
    google = extra.get("google") if isinstance(extra, Mapping) else None
    return str(google.get("thought_signature") or "") if isinstance(google, Mapping) else ""


def _error_body(error: ApiError) -> Any:
    if error.status == 401:
        return _body("API key not valid. Please pass a valid API key.", 400)
    return _body(error.message, error.status)


def _call_id() -> str:
    return f"function-call-{secrets.randbelow(10**18)}"


def _adapt(data: dict[str, Any]) -> dict[str, Any]:
    """Sign the first call of an answer; Google's chunks have a role each, and no fingerprint."""
    for name in ("service_tier", "system_fingerprint"):
        data.pop(name, None)
    for choice in data.get("choices") or ():
        part = choice.get("delta", choice.get("message")) or {}
        part["role"] = "assistant"
        for number, call in enumerate(part.get("tool_calls") or ()):
            if number == 0 and call.get("index", 0) in (0, None):
                signature = base64.b64encode(f"signed:{call.get('id')}".encode()).decode()
                call["extra_content"] = {"google": {"thought_signature": signature}}
            call.pop("index", None)
    return data


GEMINI = Server(
    "gemini",
    ("/gemini/v1beta/openai", "/gemini/v1"),
    _refusals,
    error_body=_error_body,
    quirks=frozenset({"whole_tool_call", "stop_after_tool"}),
    call_id=_call_id,
    adapt=_adapt,
)
