"""Numbers in the agent file: fixed ones, and those that the model may choose."""

import re
from typing import Annotated, Self, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from parley.agent_config.tools.base import ToolBase

_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+")


def is_number(text: str) -> bool:
    """Whether a text is a number that can be called or texted, in E.164 format."""
    return _E164.fullmatch(text) is not None


def _check_number(value: str) -> str:
    if value and not is_number(value):
        raise ValueError(f"{value!r} is not a number in E.164 format, such as +15550100123")
    return value


def _check_address(value: str) -> str:
    if not (is_number(value) or _SIP.fullmatch(value)):
        raise ValueError(f"{value!r} is neither a number (+15550100123) nor a SIP address (sip:a@b.com)")
    return value


def _check_pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    return value


OptionalNumber: TypeAlias = Annotated[str, AfterValidator(_check_number)]
"""A number in E.164 format; empty for none."""
PhoneNumber: TypeAlias = Annotated[str, Field(min_length=1), AfterValidator(_check_number)]
"""A number in E.164 format, such as +15550100123."""
Address: TypeAlias = Annotated[str, AfterValidator(_check_address)]
"""A number in E.164 format, or a SIP address."""


class FreeNumberTool(ToolBase):
    """A tool whose model may choose a number that the agent file does not name, if it is allowed to."""

    allow_any_number: bool = False
    """Whether the model may give a number itself, for example one that the caller has said."""
    allowed_numbers: Annotated[str, AfterValidator(_check_pattern)] = ""
    """Regular expression that such a number must match as a whole, for example `\\+49\\d+`;
    `allow_any_number` needs it, because calls to premium-rate numbers cost money."""

    @model_validator(mode="after")
    def _check_allowed(self) -> Self:
        if self.allow_any_number and not self.allowed_numbers:
            raise ValueError(
                r"allowed_numbers: allow_any_number needs the pattern of the numbers, such as '\+1\d{10}'"
            )
        return self

    def number_problem(self, number: str) -> str:
        """Return why the model may not use a number, for the model; empty if it may."""
        if not is_number(number):
            return "the number is not in international format with + and country code: ask for it again"
        if not self.allow_any_number or not re.fullmatch(self.allowed_numbers, number):
            return "this number is not allowed"
        return ""
