"""Tests for the tools of an agent file."""

import pytest
from structlog.testing import capture_logs

from parley.agent_config import AgentConfig, HttpTool
from parley.agent_config.tools import TOOL_TYPES
from parley.v1.call_pb2 import CallStarted
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.registry import BUILDERS, Toolset, build_tools


async def test_an_agent_has_its_built_in_tools_and_its_web_services() -> None:
    """Their order is that of the agent file."""
    book = HttpTool(name="book", description="Books.", url="http://127.0.0.1/")
    agent = AgentConfig(prompt="x", tools=("end_call", book))  # type: ignore[arg-type] # a name is validated
    async with open_tool_resources() as resources:
        tools = build_tools(agent, context_without_call(agent, resources, "CA1"))

    assert [(tool.name, tool.ends_call) for tool in tools] == [("end_call", True), ("book", False)]


def test_every_type_of_the_agent_file_has_a_builder() -> None:
    """A type that the agent file accepts would otherwise fail in the call."""
    assert set(BUILDERS) == set(TOOL_TYPES)


async def test_without_a_call_nothing_is_appended() -> None:
    """The command line only needs the definitions."""
    agent = AgentConfig(prompt="x")
    async with open_tool_resources() as resources:
        context = context_without_call(agent, resources, "CA1")
        assert (context.http, context.database) == (resources.http, resources.database)
        with pytest.raises(RuntimeError):
            await context.append(CallStarted())
        with pytest.raises(RuntimeError):
            await context.outcome("t1")


async def test_a_tool_that_cannot_be_used_is_left_out() -> None:
    """The others remain; the log names the reason."""
    entries = ["end_call", {"type": "python", "name": "nowhere"}]
    agent = AgentConfig.model_validate({"prompt": "x", "tools": entries})
    async with open_tool_resources() as resources:
        with capture_logs() as logs:
            tools = build_tools(agent, context_without_call(agent, resources, "CA1"))

    assert [tool.name for tool in tools] == ["end_call"]
    assert "no installed package has the entry point 'nowhere'" in logs[0]["reason"]


async def test_of_two_tools_with_one_name_the_first_counts() -> None:
    """The tools of an MCP server are known only during the call; the log reports it once."""

    async def run(_call: ToolCall) -> str:
        return "{}"

    first, second, third = Tool("a", "1", {}, run), Tool("a", "2", {}, run), Tool("b", "3", {}, run)
    with capture_logs() as logs:
        tools = Toolset([[first], [second, third]])
        assert [tool.description for tool in tools] == ["1", "3"]
        assert len(tools) == 2
        assert tools[1] is third
    assert [entry["event"] for entry in logs] == ["tool_name_taken"]
