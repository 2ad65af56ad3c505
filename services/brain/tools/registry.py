"""The tools of an agent, and how a call of one of them goes: always a result, never an exception."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from parley.agent_config import AgentConfig
from services.brain.conversation import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.end_call import END_CALL
from services.brain.tools.http import HttpTools

log = structlog.get_logger()

_BUILT_IN = {tool.name: tool for tool in (END_CALL,)}


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave."""

    tool_call_id: str
    result: str
    """JSON."""
    failed: bool = False


def build_tools(agent: AgentConfig, http: HttpTools) -> tuple[Tool, ...]:
    """The tools that the agent file names."""
    return tuple(_BUILT_IN[tool] if isinstance(tool, str) else http.tool(tool) for tool in agent.tools)


async def run_tool(tools: Sequence[Tool], use: ToolCall) -> ToolResult:
    """Run one; what goes wrong is told to the model, which may then say so."""
    tool = next((tool for tool in tools if tool.name == use.name), None)
    if tool is None:
        return error_result(use, f"there is no tool {use.name!r}")
    try:
        arguments = json.loads(use.arguments or "{}")
    except ValueError:
        return error_result(use, "the arguments are no JSON")
    if not isinstance(arguments, dict):
        return error_result(use, "the arguments are no JSON object")
    try:
        async with asyncio.timeout(tool.timeout_s):
            return ToolResult(use.tool_call_id, await tool.run(use))
    except TimeoutError:
        return error_result(use, f"no result within {tool.timeout_s:g} s")
    except ToolFailed as error:
        log.warning("tool failed", tool=use.name, tool_call_id=use.tool_call_id)
        return error_result(use, str(error))
    except Exception as error:  # a tool's fault is the model's to explain, not the call's end
        log.error("tool failed", tool=use.name, tool_call_id=use.tool_call_id, error=type(error).__name__)
        return error_result(use, "the tool failed")


def error_result(use: ToolCall, reason: str) -> ToolResult:
    """What the model is told of a tool that did nothing."""
    return ToolResult(use.tool_call_id, json.dumps({"error": reason}), failed=True)
