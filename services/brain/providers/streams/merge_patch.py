"""Merges `llm.extra` of the agent file into the body of a request. No I/O."""

from collections.abc import Collection, Mapping
from typing import Any


def merge_patch(
    base: Mapping[str, Any], patch: Mapping[str, Any], protected: Collection[str] = ()
) -> dict[str, Any]:
    """Merge objects; null removes a field unless it is protected, other values replace."""
    merged = dict(base)
    for key, value in patch.items():
        if value is None:
            if key not in protected:
                merged.pop(key, None)
        elif isinstance(value, Mapping):
            before = merged.get(key)
            merged[key] = merge_patch(before if isinstance(before, Mapping) else {}, value, protected)
        else:
            merged[key] = value
    return merged
