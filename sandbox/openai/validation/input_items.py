"""Validation of the input of the Responses API: each item, and the pairs of calls and outputs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing, type_errors
from sandbox.openai.validation.tools import NAME

_ROLES = ("assistant", "system", "developer", "user")
_TYPES = (
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "item_reference",
    "custom_tool_call",
    "custom_tool_call_output",
    "file_search_call",
    "computer_call",
    "web_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
    "compaction",
)
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "message": ("type", "role", "content", "id", "status", "phase"),
    "function_call": ("type", "id", "call_id", "name", "arguments", "status", "namespace", "caller"),
    "function_call_output": ("type", "id", "call_id", "output", "status", "caller"),
    "reasoning": ("type", "id", "summary", "content", "encrypted_content", "status"),
    "item_reference": ("type", "id"),
}
_INPUT_PARTS = ("input_text", "input_image", "input_file", "input_audio")
_OUTPUT_PARTS = ("output_text", "refusal")
_CALL_ID = Field("a string", max_length=64)
_PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fc", "reasoning": "rs"}
"""Beginning of the ids that a type of item may have."""


def input_errors(value: Any) -> Iterator[ApiError]:
    """Errors of `input`: a text, or a list of items."""
    if value is None:
        yield missing("input")
    yield from type_errors(value, "a string|an array", "input")
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from _item_errors(item, f"input[{number}]")


def pair_errors(items: Sequence[Mapping[str, Any]]) -> Iterator[ApiError]:
    """Errors of the whole conversation: each call needs an output, each output a call before it."""
    calls: list[str] = []
    outputs: set[str] = set()
    for item in items:
        if item.get("type") in ("function_call", "custom_tool_call"):
            calls.append(item["call_id"])
        if item.get("type") in ("function_call_output", "custom_tool_call_output"):
            if item["call_id"] not in calls:
                text = f"No tool call found for function call output with call_id {item['call_id']}."
                yield ApiError(text, "input")
            outputs.add(item["call_id"])
    for call_id in calls:
        if call_id not in outputs:
            yield ApiError(f"No tool output found for function call {call_id}.", "input")
    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else {}
        if item.get("type") == "reasoning" and not _follows_reasoning(following):
            text = (
                f"Item '{item['id']}' of type 'reasoning' was provided without its required following item."
            )
            yield ApiError(text, "input")


def _follows_reasoning(item: Mapping[str, Any]) -> bool:
    if item.get("type", "message") == "message":
        return item.get("role") == "assistant"
    return item["type"] in ("function_call", "custom_tool_call", "reasoning")


def _item_errors(item: Any, where: str) -> Iterator[ApiError]:
    yield from type_errors(item, "an object", where)
    kind = item.get("type") or "message"
    if kind not in _TYPES:
        yield choice_error(kind, _TYPES, f"{where}.type")
    for name in item:
        if kind in _FIELDS and name not in _FIELDS[kind]:
            yield ApiError(f"Unknown parameter: '{where}.{name}'.", f"{where}.{name}", "unknown_parameter")
    yield from _id_errors(item, kind, where)
    if kind == "message":
        yield from _message_errors(item, where)
    if kind in ("function_call", "custom_tool_call"):
        yield from _call_errors(item, "arguments" if kind == "function_call" else "input", where)
    if kind in ("function_call_output", "custom_tool_call_output"):
        yield from _required(item, ("call_id", "output"), where)
        yield from field_errors(item["call_id"], _CALL_ID, f"{where}.call_id")
        yield from type_errors(item["output"], "a string|an array", f"{where}.output")
    if kind == "reasoning":
        yield from _required(item, ("id", "summary"), where)
        yield from type_errors(item["summary"], "an array", f"{where}.summary")
        if item.get("encrypted_content") is not None:
            yield from type_errors(item["encrypted_content"], "a string", f"{where}.encrypted_content")
    if kind == "item_reference":
        yield from _required(item, ("id",), where)


def _id_errors(item: Mapping[str, Any], kind: str, where: str) -> Iterator[ApiError]:
    if item.get("id") is None:
        return
    yield from field_errors(item["id"], Field("a string", max_length=64), f"{where}.id")
    prefix = _PREFIXES.get(kind)
    if prefix and not item["id"].startswith(prefix):
        text = f"Invalid '{where}.id': '{item['id']}'. Expected an ID that begins with '{prefix}'."
        yield ApiError(text, f"{where}.id", "invalid_value")


def _message_errors(item: Mapping[str, Any], where: str) -> Iterator[ApiError]:
    yield from _required(item, ("role", "content"), where)
    if item["role"] not in _ROLES:
        yield choice_error(item["role"], _ROLES, f"{where}.role")
    yield from type_errors(item["content"], "a string|an array", f"{where}.content")
    parts = _OUTPUT_PARTS if item["role"] == "assistant" else _INPUT_PARTS
    for number, part in enumerate(item["content"] if isinstance(item["content"], list) else ()):
        place = f"{where}.content[{number}]"
        yield from type_errors(part, "an object", place)
        if part.get("type") not in parts:
            yield choice_error(part.get("type"), parts, place)
        name = {"input_text": "text", "output_text": "text", "refusal": "refusal"}.get(part["type"])
        if name:
            yield from _required(part, (name,), place)
            yield from type_errors(part[name], "a string", f"{place}.{name}")


def _call_errors(item: Mapping[str, Any], arguments: str, where: str) -> Iterator[ApiError]:
    yield from _required(item, ("call_id", "name", arguments), where)
    yield from field_errors(item["call_id"], _CALL_ID, f"{where}.call_id")
    yield from field_errors(item["name"], NAME, f"{where}.name")
    yield from type_errors(item[arguments], "a string", f"{where}.{arguments}")


def _required(item: Mapping[str, Any], names: tuple[str, ...], where: str) -> Iterator[ApiError]:
    for name in names:
        if item.get(name) is None:
            yield missing(f"{where}.{name}")
