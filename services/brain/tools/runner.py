"""A call's tools at work: each call of one is run once by this owner; what comes of it goes to an inbox."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from services.brain.conversation import ToolCall
from services.brain.tools import Tool
from services.brain.tools.registry import ToolResult, error_result, run_tool

log = structlog.get_logger()


class ToolRunner:
    """One call's."""

    def __init__(
        self,
        tools: Sequence[Tool],
        deliver: Callable[[ToolResult], Awaitable[None]],
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        self._tools = tools
        self._emit = deliver
        self._may_act = ready
        self._begun: set[str] = set()

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """What the model is told of them."""
        return [tool.definition for tool in self._tools]

    @property
    def terminal_tools(self) -> frozenset[str]:
        """Names of those that end the call."""
        return frozenset(tool.name for tool in self._tools if tool.ends_call)

    def run(self, wanted: Iterable[ToolCall], tasks: asyncio.TaskGroup) -> None:
        """Begin those that were not begun yet."""
        for use in wanted:
            if use.tool_call_id not in self._begun:
                self._begun.add(use.tool_call_id)
                tasks.create_task(self._run(use), name=f"tool {use.name}")

    async def _run(self, use: ToolCall) -> None:
        if use.name not in self.terminal_tools and not await self._may_act():
            log.error("tool not run: the bus is away", tool_call_id=use.tool_call_id)
            await self._emit(error_result(use, "not possible at the moment"))
            return
        await self._emit(await run_tool(self._tools, use))
