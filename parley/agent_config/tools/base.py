"""The common base of all tools of the agent file."""

from parley.agent_config.section import Section


class ToolBase(Section):
    """An entry of `tools`; each subclass adds `type`, a Literal with the names of its type of tool."""

    type: str

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Names under which the model calls the tools of this entry, as far as the agent file shows them."""
        return (self.type,)
