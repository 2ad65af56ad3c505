"""The greeting."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from parley.agent_config.section import Section
from parley.agent_config.templates.text import TemplateText


class Greeting(Section):
    """The first reply of a call."""

    text: TemplateText = ""
    """Empty to let the caller begin."""
    interruptible: bool = True
    """False for a text that must be played whole, such as a legal notice: speech does not stop it, and it is
    repeated if it was cut."""


def _section(value: Any) -> Any:
    """Accept the text alone."""
    return {"text": value} if isinstance(value, str) else value


GreetingSetting: TypeAlias = Annotated[
    Greeting, BeforeValidator(_section, json_schema_input_type=str | Greeting)
]
"""A greeting, or its text alone."""
