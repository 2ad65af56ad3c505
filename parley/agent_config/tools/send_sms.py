"""The tool that sends a text message."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from parley.agent_config.tools.phone_numbers import FreeNumberTool, OptionalNumber, PhoneNumber

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_NAME_PATTERN = r"^[\w-]{1,64}$"
MAX_CHARS = 1600
"""Twilio's limit."""


class SendSmsTool(FreeNumberTool):
    """The agent may send text messages: to the caller, or to a number of the agent file."""

    type: Literal["send_sms"] = "send_sms"
    from_number: OptionalNumber = ""
    """The sender; empty for the number that was called, or of an outbound call for the one that calls."""
    numbers: Mapping[Annotated[str, Field(pattern=_NAME_PATTERN)], PhoneNumber] = {}
    """Other recipients by name."""
    templates: Mapping[Annotated[str, Field(pattern=_NAME_PATTERN)], str] = {}
    """Texts by name, with values of the model, as in `See you at {time}`; empty: the model writes it."""
    max_chars: int = Field(default=480, ge=1, le=MAX_CHARS)
    """Longest text; 160 characters are one message, or 70 with others than GSM's."""

    @model_validator(mode="after")
    def _check_templates(self) -> Self:
        for name, text in self.templates.items():
            if not text.strip():
                raise ValueError(f"templates.{name}: the text is empty")
            if len(text) > self.max_chars:
                raise ValueError(f"templates.{name}: the text is longer than max_chars ({self.max_chars})")
        return self

    def placeholders(self, template: str) -> tuple[str, ...]:
        """Names of the values that a template needs."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.templates[template])))
