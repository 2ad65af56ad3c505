"""Types of nested JSON values, with the errors of OpenAI's Realtime API for values of another type. No I/O.

Errors are yielded one after the other; callers use only the first one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, choice_error, field_errors, missing, type_errors


@dataclass(frozen=True, slots=True)
class Object:
    """An object that has only these fields."""

    fields: "Mapping[str, Spec]"
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """An object whose fields depend on its field `type`."""

    options: Mapping[str, Object]
    default: str = ""
    """The option of an object without a `type`; empty if it is required."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array of values of one type."""

    item: "Spec"
    max_items: int | None = None


@dataclass(frozen=True, slots=True)
class Nullable:
    """A value, or null."""

    spec: "Spec"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A string that is one of the names, or a value of another type."""

    names: tuple[str, ...]
    other: "Spec"


Spec = Field | Object | Variant | ListOf | Nullable | OneOf


def errors(value: Any, spec: Spec, where: str) -> Iterator[ApiError]:
    """Errors of a value; `where` is its path in the event, empty for the event itself."""
    match spec:
        case Nullable():
            if value is not None:
                yield from errors(value, spec.spec, where)
        case Object():
            yield from _object_errors(value, spec, where)
        case Variant():
            yield from _variant_errors(value, spec, where)
        case ListOf():
            yield from field_errors(value, Field("an array", max_items=spec.max_items), where)
            for number, item in enumerate(value):
                yield from errors(item, spec.item, f"{where}[{number}]")
        case OneOf():
            yield from _one_of_errors(value, spec, where)
        case Field():
            yield from field_errors(value, spec, where)


def _object_errors(value: Any, spec: Object, where: str) -> Iterator[ApiError]:
    yield from type_errors(value, "an object", where)
    for name in spec.required:
        if value.get(name) is None:
            yield missing(_path(where, name))
    for name, item in value.items():
        if name not in spec.fields:
            path = _path(where, name)
            yield ApiError(f"Unknown parameter: '{path}'.", path, "unknown_parameter")
        yield from errors(item, spec.fields[name], _path(where, name))


def _variant_errors(value: Any, spec: Variant, where: str) -> Iterator[ApiError]:
    yield from type_errors(value, "an object", where)
    path = _path(where, "type")
    name = value.get("type", spec.default or None)
    if name is None:
        yield missing(path)
    yield from type_errors(name, "a string", path)
    if name not in spec.options:
        yield choice_error(name, tuple(spec.options), path)
    yield from _object_errors(value, spec.options[name], where)


def _one_of_errors(value: Any, spec: OneOf, where: str) -> Iterator[ApiError]:
    if not isinstance(value, str):
        yield from errors(value, spec.other, where)
    elif value not in spec.names:
        yield choice_error(value, spec.names, where)


def _path(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
