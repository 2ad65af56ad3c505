"""Validation of JSON schemas, of functions and of structured outputs."""

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_MAX_DEPTH = 10
"""Levels of nesting that strict schemas may have."""


def schema_faults(schema: Any, *, strict: bool) -> Iterator[str]:
    """Texts of what is wrong with the schema of an object."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if kind != "object":
        yield f"""schema must be a JSON Schema of 'type: "object"', got 'type: "{kind}"'."""
        return
    yield from _faults(schema, (), strict=strict)


def _faults(schema: Any, path: tuple[str, ...], *, strict: bool) -> Iterator[str]:
    where = f"In context={path!r}"
    if len(path) > 2 * _MAX_DEPTH:
        yield f"{where}, schema exceeds the maximum depth of {_MAX_DEPTH}."
        return
    if isinstance(schema, bool) and not strict:
        return
    if not isinstance(schema, Mapping):
        yield f"{where}, {schema!r} is not of type 'object', 'boolean'."
        return
    yield from _type_faults(schema, where, strict=strict)
    properties = schema.get("properties", {})
    if not isinstance(properties, Mapping):
        yield f"{where}, 'properties' must be an object."
        return
    if strict and ("properties" in schema or schema.get("type") == "object"):
        yield from _strict_faults(schema, properties, where)
    for name, part in properties.items():
        yield from _faults(part, (*path, "properties", str(name)), strict=strict)
    if "items" in schema:
        yield from _faults(schema["items"], (*path, "items"), strict=strict)
    for keyword in ("anyOf", "oneOf", "allOf"):
        yield from _alternative_faults(schema.get(keyword, []), (*path, keyword), strict=strict)


def _alternative_faults(parts: Any, path: tuple[str, ...], *, strict: bool) -> Iterator[str]:
    if not isinstance(parts, list):
        yield f"In context={path!r}, {parts!r} is not of type 'array'."
        return
    for number, part in enumerate(parts):
        yield from _faults(part, (*path, str(number)), strict=strict)


def _type_faults(schema: Mapping[str, Any], where: str, *, strict: bool) -> Iterator[str]:
    kinds = schema.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds] if kinds is not None else []:
        if not isinstance(kind, str) or kind not in _TYPES:
            yield f"{where}, {kind!r} is not valid under any of the given schemas."
    if kinds == "array" and "items" not in schema:
        yield f"{where}, array schema missing items."
    if strict and kinds is None and not {"anyOf", "$ref", "enum", "const", "properties"} & set(schema):
        yield f"{where}, schema must have a 'type' key."
    required = schema.get("required")
    if required is not None and not (
        isinstance(required, list) and all(isinstance(name, str) for name in required)
    ):
        yield f"{where}, {required!r} is not of type 'array'."


def _strict_faults(schema: Mapping[str, Any], properties: Mapping[str, Any], where: str) -> Iterator[str]:
    if schema.get("additionalProperties") is not False:
        yield f"{where}, 'additionalProperties' is required to be supplied and to be false."
    required = schema.get("required")
    absent = [name for name in properties if not isinstance(required, list) or name not in required]
    if absent:
        text = "'required' is required to be supplied and to be an array including every key in properties."
        yield f"{where}, {text} Missing '{absent[0]}'."
