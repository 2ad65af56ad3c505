"""Values of unknown origin."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.providers.untrusted import clean_json, clean_text, finite_number

_ANY_TEXT = st.text(st.characters())


@given(_ANY_TEXT)
def test_texts_can_be_encoded(text: str) -> None:
    """And are unchanged if they could be before."""
    cleaned = clean_text(text)

    cleaned.encode()
    assert "\0" not in cleaned
    if "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text):
        assert cleaned == text


def test_texts_are_cut() -> None:
    """At a number of characters."""
    assert clean_text("abc", 2) == "ab"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1.0),
        ("2.5", 2.5),
        (-3, 0.0),
        (1e300, 10.0),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        ("nan", None),
        ("x", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_numbers_are_finite_and_limited(value: object, expected: float | None) -> None:
    """Other values become None."""
    assert finite_number(value, 0.0, 10.0) == expected


_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY_TEXT, inner, max_size=3),
)


@given(_JSON)
def test_json_can_be_serialized(value: object) -> None:
    """By any software."""
    json.dumps(clean_json(value), allow_nan=False, ensure_ascii=False).encode()


def test_depth_is_limited() -> None:
    """Deeper values, and values other than JSON, are null."""
    value: Any = "x"
    for _ in range(2000):
        value = [value]
    json.dumps(clean_json(value))
    assert clean_json({"a": object(), "b": b"x"}) == {"a": None, "b": None}
