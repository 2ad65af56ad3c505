"""Tests for values by the type of their field."""

from datetime import date
from typing import Any

import pytest

from parley.agent_config import CollectedField
from services.brain.collecting.problem import ValueProblem
from services.brain.collecting.values import ValueContext, normalize

ENGLISH = ValueContext("en", "GB", date(2026, 11, 28))
GERMAN = ValueContext("de", "DE", date(2026, 11, 28))


def read(kind: str, value: object, context: ValueContext = ENGLISH, **keys: Any) -> str:
    return normalize(CollectedField.model_validate({"name": "f", "type": kind, **keys}), value, context)


@pytest.mark.parametrize(
    ("kind", "value", "normalized"),
    [
        ("text", "  a\n b ", "a b"),
        ("name", "ann smith", "Ann Smith"),
        ("name", "S-M-I-T-H", "Smith"),
        ("name", "McDonald", "McDonald"),
        ("name", "o'neill-jones", "O'Neill-Jones"),
        ("number", "1,200.50", "1200.5"),
        ("number", 3, "3"),
        ("number", 0.1, "0.1"),
        ("integer", 7.0, "7"),
        ("yes_no", True, "yes"),
        ("yes_no", "Nope.", "no"),
        ("phone", "07700 900123", "+447700900123"),
        ("email", "ann at example dot com", "ann@example.com"),
        ("date", "tomorrow", "2026-11-29"),
        ("time", "3 pm", "15:00"),
        ("address", "1 High Street, Leeds", "1 High Street, Leeds"),
        ("number", "\u20ac25", "25"),
        ("number", "$1,200", "1200"),
        ("number", "25%", "25"),
        ("yes_no", "Yes, please.", "yes"),
    ],
)
def test_each_type_has_a_normalized_form(kind: str, value: object, normalized: str) -> None:
    """It is the form in the record."""
    assert read(kind, value) == normalized


def test_german_numbers_have_a_comma() -> None:
    """A point separates thousands there."""
    assert [read("number", text, GERMAN) for text in ("1.200,50", "1.200", "3,5")] == [
        "1200.5",
        "1200",
        "3.5",
    ]


@pytest.mark.parametrize(
    ("kind", "value", "keys"),
    [
        ("text", "", {}),
        ("text", "x" * 501, {}),
        ("text", None, {}),
        ("text", ["a"], {}),
        ("name", "12", {}),
        ("integer", 2.5, {}),
        ("number", "two", {}),
        ("number", "1e400", {}),
        ("number", float("nan"), {}),
        ("integer", 6, {"min": 1, "max": 5}),
        ("yes_no", "maybe", {}),
        ("choice", "fax", {"choices": ["video", "phone"]}),
        ("text", "A12", {"pattern": r"[A-Z]\d{4}"}),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: str, value: object, keys: dict[str, Any]) -> None:
    """No value is saved then."""
    with pytest.raises(ValueProblem):
        read(kind, value, **keys)


def test_a_choice_is_saved_as_the_agent_file_writes_it() -> None:
    """Callers and models do not care for case."""
    assert read("choice", "VIDEO.", choices=["Video", "phone"]) == "Video"
    assert read("text", "A1234", pattern=r"[A-Z]\d{4}") == "A1234"
