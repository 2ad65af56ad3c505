"""Reads JSON values whose type is unknown. No I/O, no exceptions."""

from typing import Any


def as_object(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a list, a list with it if it is an object, else an empty list."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def as_text(value: object) -> str:
    """The value if it is a string, the digits of a number, else an empty string."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool)):
        return repr(value) if abs(value) < 1e15 else ""
    return ""


def as_index(value: object) -> int | None:
    """The value if it is an integer or its digits, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) else None
