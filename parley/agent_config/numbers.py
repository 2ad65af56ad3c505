"""The phone numbers that an agent answers."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from parley.agent_config.language import AgentLanguage
from parley.agent_config.section import Section

_E164 = r"^\+[1-9]\d{1,14}$"


class AgentNumber(Section):
    """A phone number whose calls the agent answers, if the webhook names no agent."""

    number: str = Field(pattern=_E164)
    """In E.164, such as +15550100."""
    language: AgentLanguage | None = None
    """The language of these calls: one of `languages`; None for the agent's."""


def _section(value: Any) -> Any:
    """Accept the number alone, which YAML may have read as an integer."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    text = str(value)
    return {"number": f"+{text}" if isinstance(value, int) else text}


NumberSetting: TypeAlias = Annotated[
    AgentNumber, BeforeValidator(_section, json_schema_input_type=str | AgentNumber)
]
"""A number, or a mapping with its language."""
