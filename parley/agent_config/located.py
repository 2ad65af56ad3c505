"""Errors of pydantic at a location of the agent file, for parts that are validated separately."""

from typing import Any, TypeAlias, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Location: TypeAlias = tuple[str | int, ...]


def located(
    location: Location, message: str, *, kind: str = "value_error", value: object = None
) -> InitErrorDetails:
    """Return an error with a message at a location."""
    text = message.removeprefix("Value error, ")
    # The kind is compared only; pydantic wants a literal.
    error = PydanticCustomError(cast("Any", kind), "{message}", {"message": text})
    return InitErrorDetails(type=error, loc=location, input=value)


def relocated(error: ValidationError, *prefix: str | int) -> list[InitErrorDetails]:
    """Return the errors of a part of the file at their locations in the whole."""
    return [
        located((*prefix, *each["loc"]), each["msg"], kind=each["type"], value=each["input"])
        for each in error.errors()
    ]
