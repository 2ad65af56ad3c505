"""Validation of request bodies, with OpenAI's error messages. No I/O, no clock."""

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
class RequestError:
    """Why a request is invalid; the fields of an OpenAI error."""

    message: str
    param: str | None = None
    code: str | None = None


def find_error(body: Any) -> RequestError | None:
    """Return the first error of a request body; None if it is valid."""
    return next(_body_errors(body), None)


def _body_errors(body: Any) -> Iterator[RequestError]:
    if not isinstance(body, dict):
        yield RequestError("Invalid body: expected an object.")
        return
    if not isinstance(body.get("model"), str) or not body["model"]:
        yield RequestError("you must provide a model parameter")
    for name, kind in _OPTIONAL.items():
        if body.get(name) is not None:
            yield from _type_errors(body[name], kind, name)
    if body.get("stream_options") and not body.get("stream"):
        yield RequestError(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options"
        )
    messages = body.get("messages")
    if messages is None:
        yield RequestError(
            "Missing required parameter: 'messages'.", "messages", "missing_required_parameter"
        )
        return
    yield from _type_errors(messages, "an array", "messages")
    if not messages:
        yield RequestError("Invalid 'messages': empty array.", "messages", "empty_array")
        return
    for number, message in enumerate(messages):
        yield from _message_errors(message, f"messages[{number}]")
    yield from _order_errors(messages)


def _type_errors(value: Any, kind: str, where: str) -> Iterator[RequestError]:
    kinds = _KINDS[kind]
    # In Python a boolean is an integer, in JSON it is not.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield RequestError(f"Invalid type for '{where}': expected {kind}.", where, "invalid_type")


def _message_errors(message: Any, where: str) -> Iterator[RequestError]:
    yield from _type_errors(message, "an object", where)
    role, content = message.get("role"), message.get("content")
    if role not in _ROLES:
        yield RequestError(f"Invalid value: {role!r}.", f"{where}.role", "invalid_value")
    calls = message.get("tool_calls")
    if calls is not None:
        yield from _type_errors(calls, "an array", f"{where}.tool_calls")
        for number, call in enumerate(calls):
            yield from _call_errors(call, f"{where}.tool_calls[{number}]")
    if content is None and not (role == "assistant" and calls):
        yield RequestError("Invalid value for 'content': expected a string, got null.", f"{where}.content")
    elif isinstance(content, list):
        for number, part in enumerate(content):
            yield from _type_errors(part, "an object", f"{where}.content[{number}]")
    elif content is not None:
        yield from _type_errors(content, "a string", f"{where}.content")


def _call_errors(call: Any, where: str) -> Iterator[RequestError]:
    yield from _type_errors(call, "an object", where)
    yield from _type_errors(call.get("id"), "a string", f"{where}.id")
    function = call.get("function")
    yield from _type_errors(function, "an object", f"{where}.function")
    for name in ("name", "arguments"):
        yield from _type_errors(function.get(name), "a string", f"{where}.function.{name}")


def _order_errors(messages: list[dict[str, Any]]) -> Iterator[RequestError]:
    """Each tool result must follow its call, and each call needs a result."""
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        where = f"messages.[{number}].role"
        if message["role"] == "tool":
            if str(message.get("tool_call_id")) not in open_calls:
                text = (
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                )
                yield RequestError(f"Invalid parameter: {text}", where)
            open_calls.discard(str(message.get("tool_call_id")))
            continue
        if open_calls:
            text = "An assistant message with 'tool_calls' must be followed by tool messages"
            yield RequestError(f"{text} responding to each 'tool_call_id'.", where)
        open_calls = {str(call["id"]) for call in message.get("tool_calls") or ()}
    if open_calls:
        text = "An assistant message with 'tool_calls' must be followed by tool messages"
        yield RequestError(
            f"{text} responding to each 'tool_call_id'.", f"messages.[{len(messages) - 1}].role"
        )
