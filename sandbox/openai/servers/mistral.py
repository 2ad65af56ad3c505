"""Mistral's API: pydantic's errors with status 422, ids of nine characters, a strict order of roles."""

import re
import secrets
import string
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.servers.server import Refusal, Server, calls_of, parameters_of

_PARAMETERS = parameters_of("mistral")
_FIELDS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"role", "content"}),
    "user": frozenset({"role", "content"}),
    "assistant": frozenset({"role", "content", "tool_calls", "prefix"}),
    "tool": frozenset({"role", "content", "tool_call_id", "name"}),
}
_AFTER: Mapping[str, tuple[str, ...]] = {
    "": ("system", "user"),
    "system": ("system", "user", "assistant"),
    "user": ("user", "assistant", "system"),
    "assistant": ("user", "assistant", "tool"),
    "tool": ("tool", "assistant"),
}
"""The roles that may follow a role; the empty one is the beginning."""
_ID = re.compile(r"[a-zA-Z0-9]{9}")
_ORDER = ("invalid_request_message_order", "3230")


def _body(
    message: Any, kind: str = "invalid_request_error", code: str | None = None, status: int = 400
) -> Any:
    error = {"object": "error", "message": message, "type": kind, "param": None, "code": code}
    return {**error, "raw_status_code": status}


def _refuse(message: str, kind: str = "invalid_request_error", code: str | None = None) -> Refusal:
    return Refusal(400, _body(message, kind, code))


def _invalid(details: list[dict[str, Any]]) -> Refusal:
    return Refusal(422, _body({"detail": details}, status=422))


def _extra(loc: list[Any], value: Any) -> dict[str, Any]:
    text = "Extra inputs are not permitted"
    return {"type": "extra_forbidden", "loc": ["body", *loc], "msg": text, "input": value}


def _refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
    extra = [_extra([name], value) for name, value in body.items() if name not in _PARAMETERS]
    for number, message in enumerate(body["messages"]):
        role = message["role"]
        if role not in _FIELDS:
            expected = ", ".join(f"'{name}'" for name in _FIELDS)
            text = (
                f"Input tag '{role}' found using 'role' does not match any of the expected tags: {expected}"
            )
            loc = ["body", "messages", number]
            yield _invalid([{"type": "union_tag_invalid", "loc": loc, "msg": text, "input": message}])
        extra += [
            _extra(["messages", number, role, name], value)
            for name, value in message.items()
            if name not in _FIELDS[role]
        ]
    if extra:
        yield _invalid(extra)
    yield from _choice_refusals(body.get("tool_choice"))
    yield from _order_refusals(body["messages"])


def _choice_refusals(choice: Any) -> Iterator[Refusal]:
    if isinstance(choice, str) and choice not in ("auto", "none", "any", "required"):
        text = "Input should be 'auto', 'none', 'any' or 'required'"
        yield _invalid([{"type": "enum", "loc": ["body", "tool_choice"], "msg": text, "input": choice}])


def _order_refusals(messages: list[Mapping[str, Any]]) -> Iterator[Refusal]:
    previous, calls, results = "", 0, 0
    for message in messages:
        role = message["role"]
        if role not in _AFTER[previous]:
            text = f"Unexpected role '{role}'" + (f" after role '{previous}'" if previous else "")
            yield _refuse(text, *_ORDER)
        if role == "tool":
            results += 1
            yield from _id_refusals(message.get("tool_call_id"))
        else:
            if results != calls:
                yield _refuse("Not the same number of function calls and responses", *_ORDER)
            calls, results = len(calls_of(message)), 0
        for call in calls_of(message):
            yield from _id_refusals(call.get("id"))
        if role == "assistant" and not message.get("content") and not calls_of(message):
            yield _refuse("Assistant message must have either content or tool_calls, but not none.")
        previous = role
    if results != calls:
        yield _refuse("Not the same number of function calls and responses", *_ORDER)
    if previous == "assistant" and not messages[-1].get("prefix"):
        text = "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
        yield _refuse(text)


def _id_refusals(call_id: Any) -> Iterator[Refusal]:
    if not _ID.fullmatch(str(call_id)):
        text = f"Tool call id was {call_id} but must be a-z, A-Z, 0-9, with a length of 9."
        yield _refuse(text, "invalid_function_call", "3280")


def _error_body(error: ApiError) -> Any:
    if error.status == 401:
        return {"detail": "Unauthorized"}
    if error.status == 429:
        return _body("Rate limit exceeded", "rate_limited", "1300", 429)
    if error.status == 404:
        return _body("Invalid model", "invalid_model", "1500", 400)
    return _body(error.message, status=error.status)


def _call_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(9))


def _adapt(data: dict[str, Any]) -> dict[str, Any]:
    for name in ("service_tier", "system_fingerprint"):
        data.pop(name, None)
    return {**data, "p": "abcdefgh"} if data.get("object") == "chat.completion.chunk" else data


MISTRAL = Server(
    "mistral",
    ("/mistral/v1",),
    _refusals,
    error_body=_error_body,
    quirks=frozenset({"whole_tool_call", "usage_unasked", "usage_with_finish"}),
    call_id=_call_id,
    adapt=_adapt,
)
