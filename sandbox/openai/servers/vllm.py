"""vLLM, whose chat template decides about roles.

`vllm` is a current version with Qwen's template, `vllm-old` an older one with Mistral's or Gemma's, which
also refuses parameters that it does not know.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.servers.server import Refusal, Server, calls_of, parameters_of

_OLD_PARAMETERS = parameters_of("vllm-old")
_ALTERNATE = "Conversation roles must alternate user/assistant/user/assistant/..."


def _body(text: str, status: int = 400, kind: str = "BadRequestError") -> Any:
    return {"error": {"message": text, "type": kind, "param": None, "code": status}}


def _old_body(text: str, status: int = 400, kind: str = "BadRequestError") -> Any:
    return {"object": "error", "message": text, "type": kind, "param": None, "code": status}


def _refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    for number, message in enumerate(body["messages"]):
        if message["role"] in ("system", "developer") and number > 0:
            yield Refusal(400, _body("System message must be at the beginning."))
    if not any(message["role"] == "user" for message in body["messages"]):
        yield Refusal(400, _body("No user query found in messages."))
    for text in _argument_faults(body["messages"]):
        yield Refusal(400, _body(text))
    if body.get("tools") == []:
        yield Refusal(400, _body("[{'type': 'value_error', 'msg': '`tools` must not be an empty array'}]"))


def _old_refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    unknown = [
        {
            "type": "extra_forbidden",
            "loc": ("body", name),
            "msg": "Extra inputs are not permitted",
            "input": value,
        }
        for name, value in body.items()
        if name not in _OLD_PARAMETERS
    ]
    if unknown:
        yield Refusal(400, _old_body(str(unknown)))
    turns = [_turn(message) for message in body["messages"]]
    if turns and turns[0] == "system":
        turns = turns[1:]
    # Tool results belong to the turn of the model.
    turns = [turn for turn in turns if turn != "tool"]
    expected = "user"
    for turn in turns:
        if turn != expected:
            yield Refusal(
                400, _old_body(f"After the optional system message, {_ALTERNATE[0].lower()}{_ALTERNATE[1:]}")
            )
        expected = "assistant" if expected == "user" else "user"
    for text in _argument_faults(body["messages"]):
        yield Refusal(400, _old_body(text))


def _turn(message: Mapping[str, Any]) -> str:
    """The role as the template counts it: an answer with tool calls is not a turn."""
    return "tool" if calls_of(message) else str(message["role"])


def _argument_faults(messages: list[Mapping[str, Any]]) -> Iterator[str]:
    """The server parses the arguments of earlier tool calls for its template."""
    for message in messages:
        for call in calls_of(message):
            try:
                arguments = json.loads(call["function"]["arguments"] or "{}")
            except ValueError as error:
                yield str(error)
                continue
            if not isinstance(arguments, dict):
                yield "Can only get item pairs from a mapping."


def _error_body(error: ApiError) -> Any:
    if error.status == 401:
        return {"error": "Unauthorized"}
    kind = {404: "NotFoundError", 500: "InternalServerError"}.get(error.status, "BadRequestError")
    return _body(error.message, error.status, kind)


def _old_error_body(error: ApiError) -> Any:
    kind = {404: "NotFoundError", 500: "InternalServerError"}.get(error.status, "BadRequestError")
    return _old_body(error.message, error.status, kind)


def _call_id() -> str:
    return f"chatcmpl-tool-{uuid.uuid4().hex}"


def _adapt(data: dict[str, Any]) -> dict[str, Any]:
    for name in ("service_tier", "system_fingerprint"):
        data.pop(name, None)
    for choice in data.get("choices") or ():
        choice.setdefault("stop_reason", None)
        choice.setdefault("token_ids", None)
    return data


VLLM = Server(
    "vllm",
    ("/vllm/v1",),
    _refusals,
    error_body=_error_body,
    quirks=frozenset({"reasoning"}),
    call_id=_call_id,
    adapt=_adapt,
)
VLLM_OLD = Server(
    "vllm-old",
    ("/vllm-old/v1",),
    _old_refusals,
    error_body=_old_error_body,
    quirks=frozenset({"repeat_tool_name"}),
    call_id=_call_id,
    adapt=_adapt,
)
