"""Checks the messages of a model request as a strict server of the chat completions protocol does."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MAX_ID_CHARS = 40
_ROLES = {
    "system": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}
"""The fields of each role that we send."""


class Refused(Exception):
    """The server responds with status 400."""


def check_history(messages: Sequence[Mapping[str, Any]], *, extra_fields: bool = False) -> None:
    """Check all messages of a request; `extra_fields` allows unknown fields in tool calls.

    Raises:
        Refused: a strict server refuses the request; the text is the reason.
    """
    try:
        body = json.dumps(messages, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError) as error:
        _refuse(f"not JSON: {error}")
    expected: list[str] = []
    seen: set[str] = set()
    for message in json.loads(body):
        role = message.get("role")
        _require(role in _ROLES, f"role {role!r}")
        _require(message.keys() <= _ROLES[role], f"fields of {role}: {sorted(message)}")
        if role == "tool":
            _require(message["tool_call_id"] in expected, "a result without its call")
            expected.remove(message["tool_call_id"])
            _require(isinstance(message["content"], str), "the content of a result is not text")
            continue
        _require(not expected, f"a call without its result before {role}")
        if role == "assistant":
            expected = _check_assistant(message, seen, extra_fields=extra_fields)
        else:
            _require(isinstance(message["content"], str), f"the content of {role} is not text")
    _require(not expected, "a call without its result at the end")


def _check_assistant(message: Mapping[str, Any], seen: set[str], *, extra_fields: bool) -> list[str]:
    calls = message.get("tool_calls")
    if calls is None:
        _require(isinstance(message["content"], str) and message["content"], "an assistant without content")
        return []
    _require(isinstance(calls, list) and calls, "tool_calls is empty")
    for call in calls:
        _require(extra_fields or call.keys() == {"id", "type", "function"}, f"fields: {sorted(call)}")
        _require(call["type"] == "function", "the type of a call")
        _require(isinstance(call["id"], str) and 0 < len(call["id"]) <= _MAX_ID_CHARS, "the id of a call")
        _require(call["id"] not in seen, "an id occurs twice")
        seen.add(call["id"])
        function = call["function"]
        _require(function.keys() == {"name", "arguments"}, f"fields: {sorted(function)}")
        _require(_NAME.fullmatch(function["name"]), f"the name {function['name']!r}")
        _check_arguments(function["arguments"])
    return [call["id"] for call in calls]


def _check_arguments(text: object) -> None:
    _require(isinstance(text, str), "arguments are not text")
    try:
        value = json.loads(str(text), parse_constant=_refuse, object_pairs_hook=_unique)
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        _refuse(f"arguments are not JSON: {error}")
    _require(isinstance(value, dict), "arguments are no object")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _require(len(dict(pairs)) == len(pairs), "a key occurs twice")
    return dict(pairs)


def _require(condition: object, reason: str) -> None:
    if not condition:
        _refuse(reason)


def _refuse(reason: str) -> NoReturn:
    raise Refused(reason)
