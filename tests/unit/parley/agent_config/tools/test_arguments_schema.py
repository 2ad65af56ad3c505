"""JSON Schemas of tool arguments."""

import time
from typing import Any

import pytest

from parley.agent_config.tools.arguments_schema import ArgumentsSchema, schema_problem

BOOKING = {
    "type": "object",
    "properties": {
        "day": {"enum": ["monday", "friday"]},
        "guests": {"type": "integer", "minimum": 1},
        "contact": {"type": "object", "properties": {"phone": {"type": "string", "pattern": r"^\+\d+$"}}},
    },
    "required": ["day"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"day": "friday", "guests": 2}, ""),
        ({}, "'day' is a required property"),
        ({"day": "friday", "guests": "two"}, "argument guests: 'two' is not of type 'integer'"),
        ({"day": "friday", "guests": 0}, "argument guests: 0 is less than the minimum of 1"),
        ({"day": "sunday"}, "argument day: 'sunday' is not one of"),
        ({"day": "friday", "contact": {"phone": "x"}}, "argument contact.phone: 'x' does not match"),
        ({"day": "friday", "extra": 1}, "'extra' was unexpected"),
    ],
)
def test_the_problem_names_the_wrong_argument(arguments: dict[str, Any], reason: str) -> None:
    """With its path in the arguments, and the constraint."""
    problem = ArgumentsSchema(BOOKING).problem(arguments)

    assert reason in problem
    assert bool(problem) == bool(reason)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (BOOKING, ""),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}}, ""),
        ({"type": "object", "properties": {"$ref": {"type": "string"}}}, ""),
        ({"type": "string"}, "must have `type: object`"),
        ({"type": "object", "properties": {"a": {"type": "number of guests"}}}, "properties.a.type"),
        ({"type": "object", "required": "day"}, "required"),
        ({"type": "object", "properties": {"a": {"$ref": "http://example.com/x"}}}, "not within the schema"),
        ({"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "without end"),
        ({"type": "object", "$ref": "#/$defs/nowhere"}, "does not exist"),
        ({"type": "object", "x": "y" * 70_000}, "longer than"),
        ({"type": "object", "x": object()}, "not JSON"),
    ],
)
def test_a_schema_that_cannot_be_applied_is_refused(schema: dict[str, Any], reason: str) -> None:
    """Before the first call, with the place and the reason; nothing is fetched from elsewhere."""
    problem = schema_problem(schema)

    assert reason in problem
    assert bool(problem) == bool(reason)


def test_a_pattern_takes_linear_time() -> None:
    """A pattern with which a backtracking engine takes centuries; lookarounds are not checked at all."""
    slow = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}
    lookahead = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(?=b)$"}}}
    started_s = time.monotonic()

    assert "does not match" in ArgumentsSchema(slow).problem({"a": "a" * 5000 + "b"})
    assert ArgumentsSchema(lookahead).problem({"a": "x"}) == ""
    assert time.monotonic() - started_s < 2


def test_unsupported_keywords_are_ignored() -> None:
    """Their cost is not bounded; properties of these names are checked."""
    schema = {
        "type": "object",
        "properties": {"patternProperties": {"type": "string"}},
        "patternProperties": {"^x": {"type": "string"}},
        "additionalProperties": False,
    }

    assert ArgumentsSchema(schema).problem({"x1": 1}) == ""
    assert "argument patternProperties" in ArgumentsSchema(schema).problem({"patternProperties": 1})
