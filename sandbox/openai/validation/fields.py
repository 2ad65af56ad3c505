"""Types and limits of single parameters.

Each function yields errors; callers use only the first one, so code after a `yield` may rely on the check.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai.errors import ApiError

_KINDS: Mapping[str, tuple[type, ...]] = {
    "an object": (dict,),
    "an array": (list,),
    "a string": (str,),
    "a boolean": (bool,),
    "an integer": (int,),
    "a decimal": (int, float),
}


@dataclass(frozen=True, slots=True)
class Field:
    """The values that a parameter accepts."""

    kind: str
    """A key of the JSON types, such as `a string`; several are separated by `|`."""
    low: float | None = None
    high: float | None = None
    max_length: int | None = None
    """Limit on a string, in characters."""
    max_items: int | None = None
    """Limit on an array."""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    can_be_empty: bool = True
    """Whether an array may be empty."""


def field_errors(value: Any, field: Field, where: str) -> Iterator[ApiError]:
    """Errors of one value; `where` is its path in the body."""
    yield from type_errors(value, field.kind, where)
    if field.choices and isinstance(value, str) and value not in field.choices:
        yield choice_error(value, field.choices, where)
    if isinstance(value, str | list):
        yield from _length_errors(value, field, where)
    elif isinstance(value, int | float):
        yield from _limit_errors(value, field, where)


def type_errors(value: Any, kind: str, where: str) -> Iterator[ApiError]:
    """An error if the JSON type is none of those in `kind`."""
    kinds = kind.split("|")
    # In Python a boolean is an integer, in JSON it is not.
    fits = any(
        isinstance(value, _KINDS[name]) and (name == "a boolean" or not isinstance(value, bool))
        for name in kinds
    )
    if not fits:
        expected = kinds[0] if len(kinds) == 1 else f"one of {' or '.join(kinds)}"
        text = f"Invalid type for '{where}': expected {expected}, but got {kind_of(value)} instead."
        yield ApiError(text, where, "invalid_type")


def kind_of(value: Any) -> str:
    """The JSON type of a value, in the words of the messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    for name in ("an object", "an array", "a string", "an integer"):
        if isinstance(value, _KINDS[name]):
            return name
    return "a decimal"


def choice_error(value: Any, choices: tuple[str, ...], where: str) -> ApiError:
    """The error for a value that is none of the choices."""
    return ApiError(
        f"Invalid value: '{value}'. Supported values are: {listed(choices)}.", where, "invalid_value"
    )


def listed(choices: tuple[str, ...]) -> str:
    """Choices in quotation marks, joined as in OpenAI's messages."""
    quoted = [f"'{choice}'" for choice in choices]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def missing(where: str) -> ApiError:
    """The error for a required parameter that is absent."""
    return ApiError(f"Missing required parameter: '{where}'.", where, "missing_required_parameter")


def _length_errors(value: str | list[Any], field: Field, where: str) -> Iterator[ApiError]:
    name = "string" if isinstance(value, str) else "array"
    limit = field.max_length if isinstance(value, str) else field.max_items
    if not value and not field.can_be_empty:
        text = (
            f"Invalid '{where}': empty array. Expected an array with minimum length 1, but got an empty array"
        )
        yield ApiError(f"{text} instead.", where, "empty_array")
    if limit is not None and len(value) > limit:
        a_value = "a string" if isinstance(value, str) else "an array"
        text = (
            f"Invalid '{where}': {name} too long. Expected {a_value} with maximum length {limit}, but got "
            f"{a_value} with length {len(value)} instead."
        )
        yield ApiError(text, where, f"{name}_above_max_length")
    if field.pattern and isinstance(value, str) and not re.fullmatch(field.pattern, value):
        text = f"Invalid '{where}': string does not match pattern. Expected a string that matches the pattern"
        yield ApiError(f"{text} '{field.pattern}'.", where, "invalid_value")


def _limit_errors(value: float, field: Field, where: str) -> Iterator[ApiError]:
    name = "integer" if field.kind == "an integer" else "decimal"
    if field.low is not None and value < field.low:
        text = f"Invalid '{where}': {name} below minimum value. Expected a value >= {field.low:g}"
        yield ApiError(f"{text}, but got {value:g} instead.", where, f"{name}_below_min_value")
    if field.high is not None and value > field.high:
        text = f"Invalid '{where}': {name} above maximum value. Expected a value <= {field.high:g}"
        yield ApiError(f"{text}, but got {value:g} instead.", where, f"{name}_above_max_value")
