"""The tools of an agent, built from its agent file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from parley.agent_config import AgentConfig
from services.brain.tools import Tool, end_call, http, search_knowledge
from services.brain.tools.context import ToolContext

Builder: TypeAlias = Callable[[Any, ToolContext], Sequence[Tool]]
"""Builds the tools of one section of the agent file, for one call."""

BUILDERS: Mapping[str, Builder] = {
    "end_call": end_call.build,
    "http": http.build,
    "search_knowledge": search_knowledge.build,
}
"""By the section's `type`."""


def build_tools(agent: AgentConfig, context: ToolContext) -> tuple[Tool, ...]:
    """Build the tools that the agent file names, in its order."""
    return tuple(tool for section in agent.tools for tool in BUILDERS[section.type](section, context))
