"""The tools of an agent, and how a call of one of them goes: always a result, never an exception."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from parley.agent_config import AgentConfig
from services.brain.conversation import ToolUse
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


def tools_of(agent: AgentConfig, http: HttpTools) -> tuple[Tool, ...]:
    """The tools that the agent file names."""
    return tuple(_BUILT_IN[tool] if isinstance(tool, str) else http.tool(tool) for tool in agent.tools)


async def run_tool(tools: Sequence[Tool], use: ToolUse) -> ToolResult:
    """Run one; what goes wrong is told to the model, which may then say so."""
    tool = next((tool for tool in tools if tool.name == use.name), None)
    if tool is None:
        return failed(use, f"there is no tool {use.name!r}")
    try:
        arguments = json.loads(use.arguments or "{}")
    except ValueError:
        return failed(use, "the arguments are no JSON")
    if not isinstance(arguments, dict):
        return failed(use, "the arguments are no JSON object")
    try:
        async with asyncio.timeout(tool.timeout_s):
            return ToolResult(use.tool_call_id, await tool.run(use))
    except TimeoutError:
        return failed(use, f"no result within {tool.timeout_s:g} s")
    except ToolFailed as error:
        log.warning("tool failed", tool=use.name, tool_call_id=use.tool_call_id)
        return failed(use, str(error))
    except Exception as error:  # a tool's fault is the model's to explain, not the call's end
        log.error("tool failed", tool=use.name, tool_call_id=use.tool_call_id, error=type(error).__name__)
        return failed(use, "the tool failed")


def failed(use: ToolUse, reason: str) -> ToolResult:
    """What the model is told of a tool that did nothing."""
    return ToolResult(use.tool_call_id, json.dumps({"error": reason}), failed=True)
