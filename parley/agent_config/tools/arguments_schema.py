"""JSON Schemas of tool arguments: checked when a tool is defined, and applied in bounded time. No I/O."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

from jsonschema import Draft202012Validator, SchemaError, ValidationError, validators
from jsonschema.exceptions import best_match
from pydantic import PydanticSchemaGenerationError, StringConstraints, TypeAdapter
from pydantic import ValidationError as PydanticError
from pydantic_core import SchemaError as PydanticSchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

_MAX_SCHEMA_CHARS = 65_536
_MAX_REASON_CHARS = 300
_UNSUPPORTED = frozenset({"patternProperties", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef"})
"""Keywords that are ignored: their cost is not bounded by the size of the arguments."""

_NAMED_SCHEMAS = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_VALUES = frozenset({"enum", "const", "default", "examples"})
"""Keywords whose values are data, not schemas."""


class ArgumentsSchema:
    """The schema of a tool's arguments, without remote references and slow patterns."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Prepare a schema for which `schema_problem` is empty."""
        self._validator = _Validator(_reduced(schema), registry=Registry())

    def problem(self, arguments: Any) -> str:
        """Return which argument is wrong and why, for the model; empty if all are right."""
        try:
            error = best_match(self._validator.iter_errors(arguments))
        except (Unresolvable, RecursionError):
            return ""
        if error is None:
            return ""
        path = ".".join(str(part) for part in error.absolute_path)
        reason = error.message[:_MAX_REASON_CHARS]
        return f"argument {path}: {reason}" if path else f"the arguments are wrong: {reason}"


def schema_problem(schema: Mapping[str, Any]) -> str:
    """Return why a tool cannot have this schema; empty if it can."""
    try:
        if len(json.dumps(schema)) > _MAX_SCHEMA_CHARS:
            return f"the schema is longer than {_MAX_SCHEMA_CHARS} characters"
        Draft202012Validator.check_schema(dict(schema))
        if schema.get("type") != "object":
            return "the schema of a tool's arguments must have `type: object`"
        for reference in _references(schema):
            if not reference.startswith("#"):
                return f"$ref {reference[:100]!r} is not within the schema"
        list(_Validator(_reduced(schema), registry=Registry()).iter_errors({}))
    except SchemaError as error:
        path = ".".join(str(part) for part in error.absolute_path)
        return f"not a JSON Schema: {path + ': ' if path else ''}{error.message[:_MAX_REASON_CHARS]}"
    except Unresolvable as error:
        return f"$ref {error.ref[:100]!r} does not exist in the schema"
    except (RecursionError, TypeError, ValueError):
        return "the schema refers to itself without end, or is not JSON"
    return ""


def _reduced(schema: Any) -> Any:
    """The schema without the unsupported keywords; properties of these names remain."""
    if isinstance(schema, Mapping):
        found = {
            key: _reduced_keyword(key, value) for key, value in schema.items() if key not in _UNSUPPORTED
        }
        if "patternProperties" in schema:
            found.pop("additionalProperties", None)
        return found
    return [_reduced(item) for item in schema] if isinstance(schema, list | tuple) else schema


def _reduced_keyword(key: str, value: Any) -> Any:
    if key in _NAMED_SCHEMAS and isinstance(value, Mapping):
        return {name: _reduced(inner) for name, inner in value.items()}
    return value if key in _VALUES else _reduced(value)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in ("$ref", "$dynamicRef") and isinstance(value, str):
                yield value
            elif key not in _VALUES:
                yield from _references(value)
    elif isinstance(schema, list | tuple):
        for item in schema:
            yield from _references(item)


@lru_cache(maxsize=1000)
def _pattern(pattern: str) -> TypeAdapter[str] | None:
    """A pattern in an engine that takes linear time; None if it needs what such an engine does not have."""
    try:
        return TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except (PydanticSchemaError, PydanticSchemaGenerationError):
        return None


def _check_pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, str) or (adapter := _pattern(pattern)) is None:
        return
    try:
        adapter.validate_python(instance)
    except PydanticError:
        yield ValidationError(f"{instance[:100]!r} does not match {pattern!r}")


_Validator = validators.extend(Draft202012Validator, {"pattern": _check_pattern})  # type: ignore[no-untyped-call]
