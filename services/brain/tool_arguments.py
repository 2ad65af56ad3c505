"""Checks a model's tool calls before they enter the log and the next request. No I/O, no clock.

Models write the name and the arguments of a tool call themselves, so both may be anything. A server that
receives a broken call back in the history refuses every later request of the conversation.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

NO_ARGUMENTS = "{}"
_MAX_ARGUMENTS_CHARS = 16_384
_MAX_EXTRA_CHARS = 131_072
"""The log's events are limited to 1 MB."""
_MAX_DEPTH = 32
"""Servers limit the depth of JSON; no tool needs this much."""
_MAX_NAME_CHARS = 64
_DAMAGE = ("\ufffd", "\0", "\\u0000")
"""Characters that were replaced because they could not be stored, and NUL, which databases refuse."""
_ILLEGAL_IN_NAME = re.compile(r"[^a-zA-Z0-9_-]")


def strict_json(text: str) -> Any:
    """Parse JSON that every other parser accepts as well.

    Raises:
        ValueError: it is not JSON, or has duplicate keys, NaN, infinite numbers, unpaired surrogates or deep
            nesting.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
        # Finds what the parser accepts: unpaired surrogates, and numbers beyond the range of a double.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("too deeply nested") from None
    if _depth(value) > _MAX_DEPTH:
        raise ValueError("too deeply nested")
    return value


def arguments_problem(arguments: str) -> str:
    """Return why a tool cannot be run with these arguments, for the model; empty if it can.

    Blank arguments are an empty object.
    """
    if len(arguments) > _MAX_ARGUMENTS_CHARS:
        return f"the arguments are longer than {_MAX_ARGUMENTS_CHARS} characters"
    if any(marker in arguments for marker in _DAMAGE):
        return "the arguments contain characters that are not text"
    try:
        value = strict_json(arguments.strip() or NO_ARGUMENTS)
    except json.JSONDecodeError as error:
        return f"the arguments are not valid JSON: {error.msg} at character {error.pos}"
    except ValueError as error:
        return f"the arguments are not valid JSON: {_reason(error)}"
    return "" if isinstance(value, dict) else "the arguments are not a JSON object"


def legal_name(name: str) -> str:
    """Return the name as the protocol allows it in the history: letters, digits, `_` and `-`, at most 64."""
    return _ILLEGAL_IN_NAME.sub("_", name.strip())[:_MAX_NAME_CHARS] or "unnamed"


def name_problem(name: str, tool_names: Sequence[str] | None = None) -> str:
    """Return why there can be no tool of this name; empty if there can."""
    if legal_name(name) == name.strip() and (tool_names is None or name.strip() in tool_names):
        return ""
    listed = f"; the tools are: {', '.join(tool_names)}" if tool_names else ""
    return f"there is no tool of this name{listed}"


def dump_extra(extra: Mapping[str, Any]) -> str:
    """Return a provider's other fields of a tool call as JSON; empty for none, and if they cannot be kept."""
    if not extra:
        return ""
    try:
        text = json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return ""
    return text if len(text) <= _MAX_EXTRA_CHARS else ""


def load_extra(text: str) -> dict[str, Any]:
    """Return the fields that `dump_extra` wrote; empty if it is something else."""
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        inner = (item for item in level if isinstance(item, dict | list))
        level = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
    return depth


def _reason(error: ValueError) -> str:
    """The reason without any of the text itself, which is in the arguments of the codec's errors."""
    return "unpaired surrogates" if isinstance(error, UnicodeError) else str(error)
