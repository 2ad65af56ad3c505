"""Makes values of unknown origin safe: text that every encoding accepts, finite numbers, plain JSON. No I/O.

Providers send lone surrogates, NUL, NaN and numbers of hundreds of digits, which protobuf, JSON or the
database refuse; the refusal would end the stage instead of the request.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

_MAX_DEPTH = 50


def clean_text(text: str, max_chars: int | None = None) -> str:
    """Return the text without NUL and lone surrogates, cut to `max_chars`."""
    if max_chars is not None:
        text = text[:max_chars]
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        # Joins the halves of a pair, and replaces a half without the other.
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def finite_number(value: object, low: float, high: float) -> float | None:
    """Return a number or its text as a float between `low` and `high`; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return min(max(number, low), high) if math.isfinite(number) else None


def clean_json(value: object, depth: int = 0) -> Any:
    """Return a JSON value with clean texts and finite numbers; what JSON cannot express becomes null."""
    if depth > _MAX_DEPTH:
        return None
    match value:
        case str():
            return clean_text(value)
        case bool() | int() | None:
            return value
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [clean_json(item, depth + 1) for item in value]
        case _:
            return None
