"""Shapes the results of tools for the model: JSON of a limited length. No I/O."""

import json
from typing import Any

from services.brain.tools import ToolFailed

MAX_RESULT_CHARS = 16_384


def as_json(text: str) -> str:
    """Return a text as JSON: unchanged if it is JSON, otherwise in an object."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return json.dumps({"text": text})
    return text


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
    return json.dumps(value, ensure_ascii=False)


def limited(value: Any) -> str:
    """Return a value as JSON; one that is too long becomes a text that is cut off."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        return as_json(text) if len(text) <= MAX_RESULT_CHARS else _cut(text)
    return text if len(text) <= MAX_RESULT_CHARS else _cut(text)


def _cut(text: str) -> str:
    return json.dumps({"text": text[:MAX_RESULT_CHARS], "note": "cut off, because it is too long"})


def _child(value: Any, key: str, path: str) -> Any:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
        return value[int(key)]
    raise ToolFailed(f"the service's response has no {path}")
