"""Shapes the results of tools for the model: JSON of a limited length. No I/O."""

import json
import math
import re
from typing import Any

from services.brain.tools import ToolFailed

MAX_RESULT_CHARS = 16_384
_LENIENT = re.compile(r"NaN|Infinity|\d[eE]\+?\d{3}|\\u[dD][89a-fA-F]|[\ud800-\udfff]")
"""Text that may not be strict JSON."""


def as_json(text: str) -> str:
    """Return a text as JSON: unchanged if it is JSON, otherwise in an object.

    What is JSON only for some parsers is corrected: a byte order mark, NaN, half of a surrogate pair.
    """
    text = text.removeprefix("\ufeff")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps({"text": text})
    return text if _is_strict(text) else _dumped(value)


def part_of(result: str, path: str) -> str:
    """Return the part of a JSON result at a path such as `data.slots` or `items.0`; all of it without one.

    Raises:
        ToolFailed: the result has no such part.
    """
    if not path:
        return result
    value = json.loads(result)
    for key in path.split("."):
        value = _child(value, key, path)
    return _dumped(value)


def limited(value: Any) -> str:
    """Return a value as JSON; one that is too long becomes a text that is cut off."""
    if isinstance(value, str):
        return as_json(value) if len(value) <= MAX_RESULT_CHARS else _cut(value)
    text = _dumped(value)
    return text if len(text) <= MAX_RESULT_CHARS else _cut(text)


def _is_strict(text: str) -> bool:
    return _LENIENT.search(text) is None


def _dumped(value: Any) -> str:
    """A value as JSON that every parser accepts."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, default=str)
    return text.encode("utf-8", "replace").decode("utf-8")


def _finite(value: Any) -> Any:
    """A value in which null stands for each number that JSON cannot express."""
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cut(text: str) -> str:
    return json.dumps({"text": text[:MAX_RESULT_CHARS], "note": "cut off, because it is too long"})


def _child(value: Any, key: str, path: str) -> Any:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        return value[int(key)]
    raise ToolFailed(f"the service's response has no {path}")
