"""Runs the tool calls of one call, each once per owner; failures become results, not exceptions."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import structlog
from prometheus_client import Gauge

from services.brain.tool_arguments import arguments_problem, name_problem
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed, TurnRetrieval

log = structlog.get_logger()


FailureReason: TypeAlias = Literal["tool", "timeout", "crash"]
"""The tool's own reason, no result in time, or an exception of its code."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The result of a tool call."""

    tool_call_id: str
    result: str
    """JSON."""
    failed: bool = False
    refused: bool = False
    """Whether the tool was not run."""
    reason: FailureReason = "tool"
    """Why it failed."""
    took_s: float = 0.0
    """Duration of a tool that was run."""


class ToolRunner:
    """Starts tool calls as tasks and emits their results."""

    def __init__(
        self,
        tools: Sequence[Tool],
        emit: Callable[[ToolResult], Awaitable[None]],
        ready: Callable[[], Awaitable[bool]],
        running: Gauge | None = None,
    ) -> None:
        """Create a runner; `ready` returns whether side effects are allowed, which needs a reachable bus.

        `running` counts the tools that are running.
        """
        self._running = running
        self._tools = tools
        self._emit = emit
        self._ready = ready
        self._started: set[str] = set()

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """Definitions of the tools for the model."""
        return [tool.definition for tool in self._tools]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tools."""
        return tuple(tool.name for tool in self._tools)

    @property
    def retrieval(self) -> TurnRetrieval | None:
        """The retrieval of the agent's documents; None if it has none."""
        return next((tool.retrieval for tool in self._tools if tool.retrieval is not None), None)

    @property
    def terminal_tools(self) -> frozenset[str]:
        """Names of the tools that end the call."""
        return frozenset(tool.name for tool in self._tools if tool.ends_call)

    def run(
        self,
        calls: Iterable[ToolCall],
        tasks: asyncio.TaskGroup,
        earlier: Callable[[str], ToolCall | None] = lambda _: None,
    ) -> None:
        """Start the tool calls that were not started yet.

        `earlier` returns the call with an id. A repetition of one that has succeeded gets the same result; a
        repetition of one that has failed is run with the same idempotency key.
        """
        for call in calls:
            if call.tool_call_id not in self._started:
                self._started.add(call.tool_call_id)
                repeated = earlier(call.key) if call.is_repetition else None
                tasks.create_task(self._run(call, repeated), name=f"tool {call.name}")

    def forget(self, tool_call_id: str) -> None:
        """Forget a tool call whose result is in the log."""
        self._started.discard(tool_call_id)

    async def _run(self, call: ToolCall, repeated: ToolCall | None) -> None:
        if repeated is not None and repeated.result is not None and not repeated.failed:
            log.info("tool_call_repeated", tool=call.name, tool_call_id=call.tool_call_id)
            await self._emit(ToolResult(call.tool_call_id, repeated.result, refused=True))
            return
        if call.name not in self.terminal_tools and not await self._ready():
            log.error("tool_not_run_bus_unavailable", tool=call.name, tool_call_id=call.tool_call_id)
            await self._emit(refusal(call, "not possible at the moment"))
            return
        with self._running.track_inprogress() if self._running is not None else nullcontext():
            result = await run_tool(self._tools, call)
        await self._emit(result)


async def run_tool(tools: Sequence[Tool], call: ToolCall) -> ToolResult:
    """Run one tool call; a failure becomes a result that the model can explain to the caller."""
    if problem := call.problem or arguments_problem(call.arguments):
        return refusal(call, problem)
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        return refusal(call, name_problem(call.name, [tool.name for tool in tools]))
    if tool.schema is not None and (problem := tool.schema.problem(json.loads(call.arguments or "{}"))):
        return refusal(call, problem)
    started_s = time.monotonic()
    result = await _run_tool(tool, call)
    return replace(result, took_s=time.monotonic() - started_s)


async def _run_tool(tool: Tool, call: ToolCall) -> ToolResult:
    try:
        async with asyncio.timeout(tool.timeout_s):
            return ToolResult(call.tool_call_id, await tool.run(replace(call, tool_call_id=call.key)))
    except TimeoutError:
        return replace(error_result(call, f"no result within {tool.timeout_s:g} s"), reason="timeout")
    except ToolFailed as error:
        log.warning("tool_failed", tool=call.name, tool_call_id=call.tool_call_id)
        return error_result(call, str(error))
    except Exception as error:  # a defect in a tool must not end the call
        log.error("tool_crashed", tool=call.name, tool_call_id=call.tool_call_id, error=type(error).__name__)
        return replace(error_result(call, "the tool failed"), reason="crash")


def refusal(call: ToolCall, reason: str) -> ToolResult:
    """Return the result of a tool call that is not run."""
    return replace(error_result(call, reason), refused=True)


def error_result(call: ToolCall, reason: str) -> ToolResult:
    """Return the result of a tool call that failed."""
    return ToolResult(call.tool_call_id, json.dumps({"error": reason}), failed=True)
