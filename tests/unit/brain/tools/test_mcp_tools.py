"""Tests for the tools of an MCP server as the model gets them."""

import json
from types import SimpleNamespace
from typing import Any, cast

import mcp_types
import pytest

from parley.agent_config import AgentConfig, McpTool
from services.brain.tools import ToolFailed
from services.brain.tools.context import ToolResources, context_without_call
from services.brain.tools.mcp.server import McpServer
from services.brain.tools.mcp_tools import build, result_of

SCHEMA = {"type": "object", "properties": {}}


def listed(*names: str) -> tuple[mcp_types.Tool, ...]:
    return tuple(mcp_types.Tool(name=name, input_schema=SCHEMA) for name in names)


def result(*content: Any, **fields: Any) -> mcp_types.CallToolResult:
    return mcp_types.CallToolResult(content=list(content), **fields)


TEXT = mcp_types.TextContent(type="text", text="done")
IMAGE = mcp_types.ImageContent(type="image", data="eA==", mime_type="image/png")


def test_the_tools_follow_the_server_and_the_agent_file() -> None:
    """A server may change them, so they are read each time; their names are legal for the model."""
    section = McpTool(name="clinic", command=("clinic",), allow=("book", "look.up"))
    server = McpServer(section)
    agent = AgentConfig(prompt="x")
    resources = SimpleNamespace(mcp=SimpleNamespace(get=lambda _: server))
    tools = build(section, context_without_call(agent, cast("ToolResources", resources), "CA1"))

    assert list(tools) == []
    server.tools = listed("book", "delete", "look.up")
    assert [tool.name for tool in tools] == ["clinic_book", "clinic_look_up"]
    assert [tool.description for tool in tools[:1]] == ["book"]
    server.tools = listed("delete")
    assert len(tools) == 0


def test_a_result_is_structured_or_text() -> None:
    """Images are not shown to a model that speaks on the telephone."""
    assert json.loads(result_of(result(TEXT))) == {"text": "done"}
    assert json.loads(result_of(result(TEXT, structured_content={"a": 1}))) == {"a": 1}
    assert json.loads(result_of(result(TEXT, IMAGE))) == {"text": "done", "not_shown": ["image"]}
    with pytest.raises(ToolFailed, match="done"):
        result_of(result(TEXT, is_error=True))
    with pytest.raises(ToolFailed, match="the tool failed"):
        result_of(result(is_error=True))
