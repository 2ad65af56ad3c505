"""Schemas that OpenAI accepts, and what is wrong with others."""

from typing import Any

import pytest
from hypothesis import example, given

from sandbox.openai.validation.json_schema import schema_faults
from tests.unit.sandbox.openai.bodies import JSON

OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}}
STRICT = {**OBJECT, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        ({"type": "object"}, False),
        (OBJECT, False),
        (STRICT, True),
        ({**OBJECT, "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}, False),
        ({**OBJECT, "properties": {"a": {"type": ["string", "null"], "description": "x"}}}, False),
    ],
)
def test_good_schemas_have_no_fault(schema: Any, strict: bool) -> None:
    """Strict schemas need more keys than others."""
    assert list(schema_faults(schema, strict=strict)) == []


@pytest.mark.parametrize(
    ("schema", "strict", "text"),
    [
        ({}, False, """got 'type: "None"'."""),
        ({"type": "string"}, False, """got 'type: "string"'."""),
        ({**OBJECT, "properties": {"a": {"type": "text"}}}, False, "'text' is not valid under any"),
        ({**OBJECT, "properties": {"a": {"type": "array"}}}, False, "array schema missing items."),
        ({**OBJECT, "properties": 5}, False, "'properties' must be an object."),
        ({**OBJECT, "required": "a"}, False, "'a' is not of type 'array'."),
        (OBJECT, True, "'additionalProperties' is required to be supplied and to be false."),
        ({**OBJECT, "additionalProperties": False}, True, "Missing 'a'."),
    ],
)
def test_a_fault_names_its_place(schema: Any, strict: bool, text: str) -> None:
    """The first one is reported to the client."""
    assert text in next(schema_faults(schema, strict=strict))


@given(JSON)
@example({"anyOf": 1})
@example({"type": [{}]})
@example({"required": {"a": 1}})
def test_no_schema_crashes_the_check(anything: Any) -> None:
    """Any JSON may be inside a schema."""
    list(schema_faults({"type": "object", "properties": anything}, strict=True))
    list(schema_faults({**OBJECT, "properties": {"a": anything}}, strict=True))
    list(schema_faults({**OBJECT, "properties": {"a": anything}}, strict=False))
