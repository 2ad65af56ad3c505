"""Hypothesis strategies for JSON of any type and for JSON that nearly has a known form."""

from typing import Any, TypeAlias

from hypothesis import strategies as st

Json: TypeAlias = st.SearchStrategy[Any]

ANY_TEXT = st.text(st.characters(), max_size=8)
"""Text with all characters, also lone surrogates and NUL."""
ODD_NUMBERS = st.sampled_from(
    [float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 10**400, -(10**400), -1, 0]
)
ANY_JSON: Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD_NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def nearly(**fields: Json) -> Json:
    """An object with some of the fields, each of its form or of any other; or no object at all."""
    mixed = {name: value | value | ANY_JSON for name, value in fields.items()}
    return st.fixed_dictionaries({}, optional=mixed) | st.fixed_dictionaries(mixed) | ANY_JSON
