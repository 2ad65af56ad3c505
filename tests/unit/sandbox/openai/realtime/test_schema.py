"""Errors of nested values, with their paths."""

from typing import Any

import pytest

from sandbox.openai.realtime.schema import ListOf, Nullable, Object, OneOf, Spec, Variant, errors
from sandbox.openai.validation.fields import Field

TEXT = Field("a string")
SHAPE = Object(
    {
        "name": TEXT,
        "limit": OneOf(("inf",), Field("an integer", low=1)),
        "list": ListOf(Variant({"a": Object({"type": TEXT, "x": Nullable(TEXT)})}), max_items=2),
    },
    required=("name",),
)


def first(value: Any, spec: Spec = SHAPE) -> tuple[str | None, str | None] | None:
    error = next(errors(value, spec, "s"), None)
    return (error.code, error.param) if error else None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"name": "n", "limit": "inf", "list": [{"type": "a", "x": None}]}, None),
        ({"name": "n", "limit": 3}, None),
        ([], ("invalid_type", "s")),
        ({}, ("missing_required_parameter", "s.name")),
        ({"name": 5}, ("invalid_type", "s.name")),
        ({"name": "n", "other": 1}, ("unknown_parameter", "s.other")),
        ({"name": "n", "limit": "all"}, ("invalid_value", "s.limit")),
        ({"name": "n", "limit": 0}, ("integer_below_min_value", "s.limit")),
        ({"name": "n", "list": [{"type": "b"}]}, ("invalid_value", "s.list[0].type")),
        ({"name": "n", "list": [{}]}, ("missing_required_parameter", "s.list[0].type")),
        ({"name": "n", "list": [{"type": "a", "x": 1}]}, ("invalid_type", "s.list[0].x")),
        ({"name": "n", "list": [{"type": "a"}] * 3}, ("array_above_max_length", "s.list")),
    ],
)
def test_the_first_error_names_the_value(value: Any, expected: Any) -> None:
    """By its path in the event."""
    assert first(value) == expected
