"""What OpenAI would refuse of a request, in its words. No I/O, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ROLES = ("system", "developer", "user", "assistant", "tool")
_KINDS: Mapping[str, tuple[type, ...]] = {
    "an object": (dict,),
    "an array": (list,),
    "a string": (str,),
    "a boolean": (bool,),
    "a decimal": (int, float),
}
_OPTIONAL = {
    "stream": "a boolean",
    "stream_options": "an object",
    "metadata": "an object",
    "user": "a string",
    "tools": "an array",
    "temperature": "a decimal",
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a request is refused."""

    message: str
    param: str | None = None
    code: str | None = None


def wrong(body: Any) -> Wrong | None:
    """The first thing that is wrong with a request's body; None when all is well."""
    return next(_wrongs(body), None)


def _wrongs(body: Any) -> Iterator[Wrong]:
    if not isinstance(body, dict):
        yield Wrong("Invalid body: expected an object.")
        return
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield Wrong("you must provide a model parameter")
    for name, kind in _OPTIONAL.items():
        if body.get(name) is not None:
            yield from _type(body[name], kind, name)
    if body.get("stream_options") and not body.get("stream"):
        yield Wrong(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    messages = body.get("messages")
    if messages is None:
        yield Wrong("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
        return
    yield from _type(messages, "an array", "messages")
    if not messages:
        yield Wrong("Invalid 'messages': empty array.", "messages", "empty_array")
        return
    for number, message in enumerate(messages):
        yield from _message(message, f"messages[{number}]")
    yield from _order(messages)


def _type(value: Any, kind: str, where: str) -> Iterator[Wrong]:
    kinds = _KINDS[kind]
    # A boolean is an integer to Python, not to JSON.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield Wrong(f"Invalid type for '{where}': expected {kind}.", where, "invalid_type")


def _message(message: Any, where: str) -> Iterator[Wrong]:
    yield from _type(message, "an object", where)
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        yield Wrong(f"Invalid value: {role!r}.", f"{where}.role", "invalid_value")
    calls = message.get("tool_calls")
    if calls is not None:
        yield from _type(calls, "an array", f"{where}.tool_calls")
        for number, call in enumerate(calls):
            yield from _call(call, f"{where}.tool_calls[{number}]")
    if content is None and not (role == "assistant" and calls):
        yield Wrong("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    elif isinstance(content, list):
        for number, part in enumerate(content):
            yield from _type(part, "an object", f"{where}.content[{number}]")
    elif content is not None:
        yield from _type(content, "a string", f"{where}.content")


def _call(call: Any, where: str) -> Iterator[Wrong]:
    yield from _type(call, "an object", where)
    yield from _type(call.get("id"), "a string", f"{where}.id")
    function = call.get("function")
    yield from _type(function, "an object", f"{where}.function")
    for name in ("name", "arguments"):
        yield from _type(function.get(name), "a string", f"{where}.function.{name}")


def _order(messages: list[dict[str, Any]]) -> Iterator[Wrong]:
    """Each tool's result follows its call, and each call has one."""
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        where = f"messages.[{number}].role"
        if message["role"] == "tool":
            if str(message.get("tool_call_id")) not in open_calls:
                text = (
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                )
                yield Wrong(f"Invalid parameter: {text}", where)
            open_calls.discard(str(message.get("tool_call_id")))
            continue
        if open_calls:
            text = "An assistant message with 'tool_calls' must be followed by tool messages"
            yield Wrong(f"{text} responding to each 'tool_call_id'.", where)
        open_calls = {str(call["id"]) for call in message.get("tool_calls") or ()}
    if open_calls:
        text = "An assistant message with 'tool_calls' must be followed by tool messages"
        yield Wrong(f"{text} responding to each 'tool_call_id'.", f"messages.[{len(messages) - 1}].role")
