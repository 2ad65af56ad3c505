"""The data that an agent collects from the caller."""

import re
from collections.abc import Sequence
from typing import Literal, Self, TypeAlias

from pydantic import Field, field_validator, model_validator

from parley.agent_config.section import Section

FieldType: TypeAlias = Literal[
    "text", "name", "phone", "email", "date", "time", "number", "integer", "yes_no", "choice", "address"
]
"""How a value is checked, stored and read back."""

Confirmation: TypeAlias = Literal["none", "read_back", "spell"]
"""Whether the caller must agree to a value: not at all, after hearing it, or after hearing it spelled."""

SAVE_DATA_NAME = "save_data"
"""Name of the tool with which the model saves the fields."""
MAX_FIELDS = 40
"""A model does not keep more of them apart."""


class CollectedField(Section):
    """A field that the agent fills with an answer of the caller."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """Its key in the call's record: lower-case letters, digits and `_`."""
    type: FieldType = "text"
    description: str = ""
    """Its meaning, for the model."""
    ask: str = ""  # wording: ok - a key of the agent file
    """The question to the caller, or a hint for it, for the model."""
    required: bool = False
    """Whether the agent should have it before the call ends."""
    confirm: Confirmation = "none"
    pattern: str = ""
    """Regular expression that the whole value must match, in its normalized form."""
    choices: tuple[str, ...] = ()
    """The values of a `choice`."""
    min: float | None = None
    max: float | None = None
    """Limits of a `number` or `integer`."""

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        return value

    @model_validator(mode="after")
    def _check_type(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("`choices` are needed for the type `choice`, and only for it")
        if len({choice.casefold() for choice in self.choices}) < len(self.choices):
            raise ValueError("choices: each must differ from the others by more than case")
        if self.type not in ("number", "integer") and (self.min, self.max) != (None, None):
            raise ValueError("`min` and `max` limit a `number` or an `integer`")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("`min` is greater than `max`")
        return self


def collect_problem(fields: Sequence[CollectedField]) -> str:
    """Return what is wrong with the fields of an agent file; empty if nothing is."""
    seen: set[str] = set()
    for field in fields:
        if field.name in seen:
            return f"collect: {field.name!r} is defined twice"
        seen.add(field.name)
    return f"collect: more than {MAX_FIELDS} fields" if len(fields) > MAX_FIELDS else ""
