"""Types and limits of single parameters, and the messages about them."""

from typing import Any

import pytest

from sandbox.openai.validation.fields import Field, field_errors, listed


@pytest.mark.parametrize(
    ("value", "field", "code", "text"),
    [
        ("x", Field("a decimal"), "invalid_type", "expected a decimal, but got a string instead."),
        (True, Field("an integer"), "invalid_type", "expected an integer, but got a boolean instead."),
        (1.5, Field("an integer"), "invalid_type", "expected an integer, but got a decimal instead."),
        (
            None,
            Field("a string|an array"),
            "invalid_type",
            "expected one of a string or an array, but got null",
        ),
        (
            3,
            Field("a decimal", high=2),
            "decimal_above_max_value",
            "Expected a value <= 2, but got 3 instead.",
        ),
        (
            0,
            Field("an integer", low=1),
            "integer_below_min_value",
            "Expected a value >= 1, but got 0 instead.",
        ),
        (
            "ab",
            Field("a string", max_length=1),
            "string_above_max_length",
            "maximum length 1, but got a string",
        ),
        ([1, 2], Field("an array", max_items=1), "array_above_max_length", "an array with length 2 instead."),
        ([], Field("an array", can_be_empty=False), "empty_array", "but got an empty array instead."),
        ("x", Field("a string", choices=("a", "b", "c")), "invalid_value", "are: 'a', 'b', and 'c'."),
        ("a b", Field("a string", pattern="^[a-z]+$"), "invalid_value", "matches the pattern '^[a-z]+$'."),
    ],
)
def test_the_message_contains_the_expectation(value: Any, field: Field, code: str, text: str) -> None:
    """The code and the parameter are set too."""
    error = next(field_errors(value, field, "x"))

    assert (error.param, error.code) == ("x", code)
    assert text in error.message


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (1, Field("a decimal", low=0, high=2)),
        ("abcd", Field("a string|an array", max_items=3)),
        ([], Field("an array", max_items=3)),
        (True, Field("a boolean")),
    ],
)
def test_values_within_the_limits_have_no_error(value: Any, field: Field) -> None:
    """Limits on the items of an array do not apply to strings."""
    assert list(field_errors(value, field, "x")) == []


def test_two_choices_are_joined_without_a_comma() -> None:
    """As in OpenAI's messages."""
    assert listed(("a", "b")) == "'a' and 'b'"
