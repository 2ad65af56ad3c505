"""Validation of the messages of Chat Completions."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing, type_errors

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_NAME = Field("a string", max_length=64, pattern="^[a-zA-Z0-9_-]+$")
_FUNCTION_NAME = Field("a string", max_length=64, pattern="^[a-zA-Z0-9_-]+$")
_CALL_ID = Field("a string", max_length=40)
_PARTS: Mapping[str, tuple[str, ...]] = {
    "system": ("text",),
    "developer": ("text",),
    "tool": ("text",),
    "assistant": ("text", "refusal"),
    "user": ("text", "image_url", "input_audio", "file"),
}
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "system": ("content", "name"),
    "developer": ("content", "name"),
    "user": ("content", "name"),
    "assistant": ("content", "name", "refusal", "audio", "tool_calls", "function_call", "annotations"),
    "tool": ("content", "tool_call_id", "name"),
    "function": ("content", "name"),
}


def message_errors(messages: Any) -> Iterator[ApiError]:
    """Errors of the list `messages`: each message, then their order."""
    if messages is None:
        yield missing("messages")
    yield from field_errors(messages, Field("an array", can_be_empty=False, max_items=2048), "messages")
    for number, message in enumerate(messages):
        yield from _message(message, f"messages[{number}]")
    yield from _order_errors(messages)


def _message(message: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(message, "an object", where)
    role = message.get("role")
    if role is None:
        yield missing(f"{where}.role")
    if role not in _ROLES:
        yield choice_error(role, _ROLES, f"{where}.role")
    for name in message:
        if name != "role" and name not in _FIELDS[role]:
            yield ApiError(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
    if message.get("name") is not None:
        yield from field_errors(message["name"], _NAME, f"{where}.name")
    calls = message.get("tool_calls")
    if calls is not None:
        yield from field_errors(calls, Field("an array", can_be_empty=False), f"{where}.tool_calls")
        for number, call in enumerate(calls):
            yield from _call(call, f"{where}.tool_calls[{number}]")
    if role == "tool":
        if message.get("tool_call_id") is None:
            yield missing(f"{where}.tool_call_id")
        yield from field_errors(message["tool_call_id"], _CALL_ID, f"{where}.tool_call_id")
    yield from _content(message, role, where)


def _content(message: Mapping[str, Any], role: str, where: str) -> Iterator[ApiError]:
    content = message.get("content")
    if content is None:
        optional = ("tool_calls", "function_call", "audio", "refusal")
        if role == "assistant" and any(message.get(name) is not None for name in optional):
            return
        if "content" not in message:
            yield missing(f"{where}.content")
        yield ApiError("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    yield from type_errors(content, "a string|an array", f"{where}.content")
    if isinstance(content, list):
        yield from field_errors(content, Field("an array", can_be_empty=False), f"{where}.content")
        for number, part in enumerate(content):
            yield from _part(part, _PARTS.get(role, ("text",)), f"{where}.content[{number}]")


def _part(part: Any, kinds: tuple[str, ...], where: str) -> Iterator[ApiError]:
    yield from type_errors(part, "an object", where)
    if "type" not in part:
        yield missing(f"{where}.type")
    if part["type"] not in kinds:
        yield choice_error(part["type"], kinds, f"{where}.type")
    if part["type"] in ("text", "refusal"):
        if part["type"] not in part:
            yield missing(f"{where}.{part['type']}")
        yield from type_errors(part[part["type"]], "a string", f"{where}.{part['type']}")


def _call(call: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(call, "an object", where)
    for name in ("id", "type"):
        if call.get(name) is None:
            yield missing(f"{where}.{name}")
    yield from field_errors(call["id"], _CALL_ID, f"{where}.id")
    if call["type"] not in ("function", "custom"):
        yield choice_error(call["type"], ("function", "custom"), f"{where}.type")
    for name in call:
        if name not in ("id", "type", "function", "custom"):
            yield ApiError(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
    function = call.get("function")
    if function is None:
        yield missing(f"{where}.function")
    yield from type_errors(function, "an object", f"{where}.function")
    for name in ("name", "arguments"):
        if function.get(name) is None:
            yield missing(f"{where}.function.{name}")
    yield from field_errors(function["name"], _FUNCTION_NAME, f"{where}.function.name")
    yield from type_errors(function["arguments"], "a string", f"{where}.function.arguments")


def _order_errors(messages: list[dict[str, Any]]) -> Iterator[ApiError]:
    """Each tool result must follow its call, and each call needs a result."""
    open_calls: list[str] = []
    answered: set[str] = set()
    for number, message in enumerate(messages):
        if message["role"] == "tool":
            call_id = message["tool_call_id"]
            if call_id not in open_calls and call_id not in answered:
                text = (
                    "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                )
                yield ApiError(f"Invalid parameter: {text}", f"messages.[{number}].role")
            answered.add(call_id)
            continue
        yield from _unanswered(open_calls, answered, number)
        open_calls = [str(call["id"]) for call in message.get("tool_calls") or ()]
        answered = set()
    yield from _unanswered(open_calls, answered, len(messages) - 1)


def _unanswered(calls: list[str], answered: set[str], number: int) -> Iterator[ApiError]:
    left = [call for call in calls if call not in answered]
    if left:
        text = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(left)}"
        )
        yield ApiError(text, f"messages.[{number}].role")
