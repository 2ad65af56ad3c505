"""The common base of all tools of the agent file."""

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from parley.agent_config.section import Section

Phrase: TypeAlias = Annotated[str, Field(min_length=1, max_length=500)]


def _as_list(value: Any) -> Any:
    """A single phrase stands for a list of one."""
    return (value,) if isinstance(value, str) else value


Filler: TypeAlias = Annotated[tuple[Phrase, ...], BeforeValidator(_as_list)] | None
"""Phrases while a tool runs, in this order; None for those of the agent."""


class ToolBase(Section):
    """An entry of `tools`; each subclass adds `type`, a Literal with the names of its type of tool."""

    type: str
    filler: Filler = None
    """Phrases while the tool runs, in this order, instead of the first of `fillers.tool_phrases`; an empty
    list for none."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Names under which the model calls the tools of this entry, as far as the agent file shows them."""
        return (self.type,)

    def has_tool(self, name: str) -> bool:
        """Whether the entry defines the tool that the model calls by this name."""
        return name in self.tool_names

    @property
    def needs_database(self) -> bool:
        """Whether the tool uses Parley's database."""
        return False
