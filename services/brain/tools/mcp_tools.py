"""The tools of an MCP server for one call: names, definitions and results as the model gets them."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any

import mcp_types

from parley.agent_config import McpTool
from services.brain.tool_arguments import NO_ARGUMENTS, legal_name
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.mcp.server import McpServer
from services.brain.tools.results import limited
from services.brain.tools.tool_list import ToolList

IDEMPOTENCY_KEY, CALL_SID = "parley/idempotencyKey", "parley/callSid"
"""Keys of `_meta` in each call of a tool."""
_MAX_DESCRIPTION_CHARS = 2000
_MAX_REASON_CHARS = 500
_TIMEOUT_MARGIN_S = 1.0


def build(section: McpTool, context: ToolContext) -> Sequence[Tool]:
    """Return the server's tools, up to date whenever they are read; does not wait for the server."""
    return McpTools(section, context, context.resources.mcp.get(section))


class McpTools(ToolList):
    """The present tools of a server, as far as the agent file allows them."""

    def __init__(self, section: McpTool, context: ToolContext, server: McpServer) -> None:
        self._section = section
        self._context = context
        self._server = server
        self._listed: tuple[mcp_types.Tool, ...] = ()
        self._built: tuple[Tool, ...] = ()

    def present(self) -> tuple[Tool, ...]:
        """Return the tools that the server has listed last."""
        if self._listed is not self._server.tools:
            self._listed = self._server.tools
            self._built = tuple(self._tool(tool) for tool in self._listed if self._is_allowed(tool.name))
        return self._built

    def _is_allowed(self, name: str) -> bool:
        return self._section.allow is None or name in self._section.allow

    def _tool(self, tool: mcp_types.Tool) -> Tool:
        return Tool(
            legal_name(self._section.tool_prefix + tool.name),
            (tool.description or tool.title or tool.name)[:_MAX_DESCRIPTION_CHARS],
            tool.input_schema,
            partial(self._run, tool.name),
            timeout_s=self._section.timeout_s + _TIMEOUT_MARGIN_S,
        )

    async def _run(self, name: str, call: ToolCall) -> str:
        meta = {
            IDEMPOTENCY_KEY: f"{self._context.call_sid}:{call.tool_call_id}",
            CALL_SID: self._context.call_sid,
        }
        result = await self._server.call(name, json.loads(call.arguments or NO_ARGUMENTS), meta)
        return result_of(result)


def result_of(result: mcp_types.CallToolResult) -> str:
    """Return the result of a tool as JSON.

    Raises:
        ToolFailed: the tool reports an error.
    """
    texts = [block.text for block in result.content if isinstance(block, mcp_types.TextContent)]
    if result.is_error:
        raise ToolFailed(" ".join(texts)[:_MAX_REASON_CHARS] or "the tool failed")
    if result.structured_content is not None:
        return limited(result.structured_content)
    other = sorted({block.type for block in result.content if not isinstance(block, mcp_types.TextContent)})
    if not other:
        return limited("\n".join(texts))
    found: dict[str, Any] = {"text": "\n".join(texts), "not_shown": other}
    return limited(found)
