"""A tool always returns something to the model."""

import json

from parley.agent import Agent
from services.brain.conversation import ToolUse
from services.brain.tool_calls import run_tool, tools_of
from services.brain.tools import Tool


async def test_end_call_succeeds() -> None:
    """The built-in tool, named by the agent file."""
    tools = tools_of(Agent(prompt="x"))

    assert not (await run_tool(tools, ToolUse("1", "end_call", "{}", "r1"))).failed


async def test_unknown_tools_and_bad_arguments_are_told_to_the_model() -> None:
    """It may then say so, or try again."""
    tools = tools_of(Agent(prompt="x"))

    unknown = await run_tool(tools, ToolUse("1", "fly", "{}", "r1"))
    bad = await run_tool(tools, ToolUse("1", "end_call", "{", "r1"))
    odd = await run_tool(tools, ToolUse("1", "end_call", "[]", "r1"))
    assert all(result.failed and "error" in json.loads(result.result) for result in (unknown, bad, odd))


async def test_a_tools_fault_does_not_end_the_call() -> None:
    """Nor does it tell the model what is none of its business."""

    async def fail(_use: ToolUse) -> str:
        raise RuntimeError("secret")

    result = await run_tool([Tool("t", "", {}, fail)], ToolUse("1", "t", "", "r1"))
    assert result.failed
    assert "secret" not in result.result
