"""The tools of the agent file: `ToolSection` is an entry of `tools`."""

from parley.agent_config.tools.base import ToolBase
from parley.agent_config.tools.end_call import EndCallTool
from parley.agent_config.tools.entries import (
    BUILT_IN_TOOLS,
    TOOL_TYPES,
    AnyTool,
    ToolSection,
    duplicate_name,
)
from parley.agent_config.tools.http import HttpTool

__all__ = [
    "BUILT_IN_TOOLS",
    "TOOL_TYPES",
    "AnyTool",
    "EndCallTool",
    "HttpTool",
    "ToolBase",
    "ToolSection",
    "duplicate_name",
]
