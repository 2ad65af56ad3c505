"""Tests for Python functions as tools."""

import enum
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from parley.errors import ConfigError
from parley.tools import CallInfo
from services.brain.tools import ToolFailed
from services.brain.tools.python_function import read_function, result_of

CALL = CallInfo("CA1", idempotency_key="CA1:t1")


class Room(BaseModel):
    """A room."""

    number: int


def book(
    day: date,
    guests: Annotated[int, Field(ge=1)],
    call: CallInfo,
    room: Room | None = None,
    kind: Literal["a", "b"] = "a",
) -> str:
    """Books a table.

    Ask for the number of guests first.

    Args:
        day: The day of the visit.
        guests (int): How many come.
        call: The call.
        room: The room.
        kind: The kind.
    """
    return f"{day} {guests} {call.idempotency_key} {room} {kind}"


def test_the_signature_and_the_docstring_become_the_definition() -> None:
    """The parameter of type CallInfo is not the model's."""
    found = read_function(book)

    assert found.description == "Books a table. Ask for the number of guests first."
    properties = found.parameters["properties"]
    assert set(properties) == {"day", "guests", "room", "kind"}
    assert found.parameters["required"] == ["day", "guests"]
    assert properties["day"] == {
        "format": "date",
        "type": "string",
        "title": "Day",
        "description": "The day of the visit.",
    }
    assert properties["guests"]["minimum"] == 1
    assert properties["guests"]["description"] == "How many come."
    assert not found.is_async
    assert read_function(book, "Other.").description == "Other."


def test_arguments_have_the_types_of_the_signature() -> None:
    """Dates, models and enumerations are built from JSON; the call's data is added."""
    found = read_function(book)
    values = found.bind({"day": "2026-11-28", "guests": 2, "room": {"number": 7}}, CALL)

    assert values == {
        "day": date(2026, 11, 28),
        "guests": 2,
        "room": Room(number=7),
        "kind": "a",
        "call": CALL,
    }
    with pytest.raises(ToolFailed, match="argument guests: Input should be greater than or equal to 1"):
        found.bind({"day": "2026-11-28", "guests": 0}, CALL)
    with pytest.raises(ToolFailed, match="argument other: Extra"):
        found.bind({"day": "2026-11-28", "guests": 1, "other": 0}, CALL)


def no_docstring(day: str) -> str:
    return day


def no_type(day) -> str:  # type: ignore[no-untyped-def]
    """Does."""
    return str(day)


def any_names(**names: str) -> str:
    """Does."""
    return str(names)


def no_schema(value: Any, of: type) -> str:
    """Does."""
    return f"{value}{of}"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (no_docstring, "no docstring"),
        (no_type, "parameter day: a type annotation is missing"),
        (any_names, "parameter names: only named parameters"),
        (no_schema, "signature cannot be read"),
        (Room, "not a function"),
        (7, "not a function"),
    ],
)
def test_a_function_without_a_definition_is_refused(function: object, reason: str) -> None:
    """When the tool is built; the reason names the parameter."""
    with pytest.raises(ConfigError, match=reason):
        read_function(function)


class Color(enum.Enum):
    """A color."""

    RED = "red"


@dataclass
class Visit:
    """A visit."""

    day: date
    color: Color


def test_returned_values_become_json() -> None:
    """Models, dates and dataclasses; nothing returned is a success."""
    assert result_of(Visit(date(2026, 11, 28), Color.RED)) == {"day": "2026-11-28", "color": "red"}
    assert result_of(Room(number=1)) == {"number": 1}
    assert result_of(None) == {"ok": True}
    with pytest.raises(ToolFailed, match="without a JSON form"):
        result_of(object())
