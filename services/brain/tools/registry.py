"""The tools of an agent, built from its agent file."""

from parley.agent_config import AgentConfig
from services.brain.tools import Tool
from services.brain.tools.end_call import END_CALL
from services.brain.tools.http import HttpTools

_BUILT_IN = {tool.name: tool for tool in (END_CALL,)}


def build_tools(agent: AgentConfig, http: HttpTools) -> tuple[Tool, ...]:
    """Build the tools that the agent file names."""
    return tuple(_BUILT_IN[tool] if isinstance(tool, str) else http.tool(tool) for tool in agent.tools)
