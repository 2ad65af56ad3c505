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
from parley.agent_config.tools.mcp import McpTool
from parley.agent_config.tools.python import PythonTool
from parley.agent_config.tools.search_knowledge import SearchKnowledgeTool

__all__ = [
    "BUILT_IN_TOOLS",
    "TOOL_TYPES",
    "AnyTool",
    "EndCallTool",
    "HttpTool",
    "McpTool",
    "PythonTool",
    "SearchKnowledgeTool",
    "ToolBase",
    "ToolSection",
    "duplicate_name",
]
