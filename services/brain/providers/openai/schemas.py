"""JSON schemas of tools, without the keywords that a server has refused. No I/O."""

from typing import Any

from services.brain.providers.openai.profiles import Profile


def accepted_schema(schema: Any, profile: Profile) -> Any:
    """The schema without refused keywords; names of properties are kept, whatever they are."""
    if not profile.refused_schema_keys:
        return schema
    return _without(schema, profile.refused_schema_keys, names_are_keywords=True)


def _without(schema: Any, refused: frozenset[str], *, names_are_keywords: bool) -> Any:
    if isinstance(schema, list):
        return [_without(item, refused, names_are_keywords=True) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without(value, refused, names_are_keywords=not (names_are_keywords and key == "properties"))
        for key, value in schema.items()
        if not (names_are_keywords and key in refused)
    }
