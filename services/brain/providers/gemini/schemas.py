"""Schemas of tools in the forms that the Gemini API takes. No I/O.

`parametersJsonSchema` takes the keywords of JSON Schema that the API documents for structured output, and
ignores or refuses others. `parameters` takes a subset of OpenAPI 3.0, for servers without the newer field.
https://ai.google.dev/api/caching#FunctionDeclaration
"""

from collections.abc import Mapping
from typing import Any

_JSON_SCHEMA = frozenset(
    [
        "$id",
        "$defs",
        "$ref",
        "$anchor",
        "type",
        "format",
        "title",
        "description",
        "enum",
        "items",
        "prefixItems",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "anyOf",
        "oneOf",
        "properties",
        "additionalProperties",
        "required",
        "propertyOrdering",
    ]
)
_OPENAPI = frozenset(
    [
        "type",
        "format",
        "title",
        "description",
        "nullable",
        "enum",
        "items",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "pattern",
        "anyOf",
        "properties",
        "required",
        "propertyOrdering",
        "default",
        "example",
    ]
)
_OPENAPI_FORMATS = frozenset({"enum", "date-time", "int32", "int64", "float", "double"})
_MAX_DEPTH = 32


def json_schema(schema: Any) -> dict[str, Any]:
    """The schema for `parametersJsonSchema`."""
    found = _with_keywords(schema, _JSON_SCHEMA, 0)
    return {**found, "type": "object"} if isinstance(found, dict) else {"type": "object"}


def openapi_schema(schema: Any) -> dict[str, Any] | None:
    """The schema for `parameters`; None for a function without parameters."""
    found = _openapi(_with_keywords(schema, _OPENAPI, 0))
    if isinstance(found, dict):
        # Alternatives of a whole object have no form in this subset.
        found.pop("anyOf", None)
    return {**found, "type": "OBJECT"} if isinstance(found, dict) and found.get("properties") else None


def _with_keywords(schema: Any, keywords: frozenset[str], depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return {} if isinstance(schema, bool) or depth > _MAX_DEPTH else schema
    found: dict[str, Any] = {}
    if "const" in schema and "enum" not in schema:
        found["enum"] = [schema["const"]]
    for key, value in schema.items():
        if key not in keywords:
            continue
        if key in ("properties", "$defs") and isinstance(value, Mapping):
            found[key] = {
                str(name): _with_keywords(inner, keywords, depth + 1) for name, inner in value.items()
            }
        elif key in ("items", "additionalProperties") and isinstance(value, Mapping):
            found[key] = _with_keywords(value, keywords, depth + 1)
        elif key in ("anyOf", "oneOf", "prefixItems") and isinstance(value, list):
            found[key] = [_with_keywords(inner, keywords, depth + 1) for inner in value]
        else:
            found[key] = value
    return found


def _openapi(schema: Any) -> Any:
    """Types in capitals, one type each, and the formats of the API."""
    if not isinstance(schema, dict):
        return schema
    found = _with_one_type(schema)
    if "enum" in found:
        found["enum"] = [str(value) for value in found["enum"]]
        found["type"] = "STRING"
    if found.get("format") not in _OPENAPI_FORMATS:
        found.pop("format", None)
    if isinstance(found.get("properties"), dict):
        found["properties"] = {name: _openapi(inner) for name, inner in found["properties"].items()}
    if "items" in found:
        found["items"] = _openapi(found["items"])
    elif found.get("type") == "ARRAY":
        found["items"] = {"type": "STRING"}
    if isinstance(found.get("anyOf"), list):
        found["anyOf"] = [_openapi(inner) for inner in found["anyOf"]]
    return found


def _with_one_type(schema: dict[str, Any]) -> dict[str, Any]:
    found, kinds = dict(schema), schema.get("type")
    if isinstance(kinds, list):
        found["nullable"] = "null" in kinds
        kinds = next((kind for kind in kinds if kind != "null"), "string")
    if isinstance(kinds, str):
        found["type"] = kinds.upper()
    elif "anyOf" not in found:
        found["type"] = "OBJECT" if "properties" in found else "ARRAY" if "items" in found else "STRING"
    return found
