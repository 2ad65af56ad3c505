"""Tools that are Python functions of installed packages, by entry point."""

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import entry_points

import structlog

from parley.agent_config import PythonTool
from parley.errors import ConfigError
from parley.tools import ENTRY_POINT_GROUP, CallInfo, ToolError
from services.brain.tool_arguments import NO_ARGUMENTS
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.python_function import PythonFunction, read_function, result_of
from services.brain.tools.results import limited

log = structlog.get_logger()


def build(section: PythonTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool that calls a function.

    Raises:
        ConfigError: there is no such entry point, or it cannot be a tool.
    """
    function = load_function(section.name, section.description)
    tool = _PythonTool(section.name, function, context)
    return (
        Tool(section.name, function.description, function.parameters, tool.run, timeout_s=section.timeout_s),
    )


@lru_cache(maxsize=256)
def load_function(name: str, description: str = "") -> PythonFunction:
    """Import the function of an entry point; once per process.

    Raises:
        ConfigError: there is no such entry point, or it cannot be a tool; the text names it.
    """
    installed = entry_points(group=ENTRY_POINT_GROUP)
    found = [entry for entry in installed if entry.name == name]
    if not found:
        names = ", ".join(sorted(entry.name for entry in installed)) or "none"
        raise ConfigError(
            f"tool {name}: no installed package has the entry point {name!r} in the group "
            f"{ENTRY_POINT_GROUP}; installed are: {names}"
        )
    try:
        return read_function(found[0].load(), description)
    except ConfigError as error:
        raise ConfigError(f"tool {name} ({found[0].value}): {error}") from None
    except Exception as error:  # the package's code may raise anything
        raise ConfigError(f"tool {name} ({found[0].value}): {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True)
class _PythonTool:
    """A Python tool within one call."""

    name: str
    function: PythonFunction
    context: ToolContext

    async def run(self, call: ToolCall) -> str:
        """Call the function, in a thread unless it is async. A result after the timeout is ignored."""
        arguments = self.function.bind(json.loads(call.arguments or NO_ARGUMENTS), self._info(call))
        bound = partial(self.function.function, **arguments)
        try:
            value = await (bound() if self.function.is_async else self._in_thread(bound, call))
        except ToolError as error:
            raise ToolFailed(str(error)) from None
        return limited(result_of(value))

    async def _in_thread(self, bound: "partial[object]", call: ToolCall) -> object:
        threads: ThreadPoolExecutor = self.context.resources.threads
        future = threads.submit(bound)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if not future.cancel():
                loop = asyncio.get_running_loop()
                future.add_done_callback(partial(_ignore, loop, partial(self._ignored, call)))
            raise

    def _ignored(self, call: ToolCall) -> None:
        log.warning("tool_result_too_late", tool=self.name, tool_call_id=call.tool_call_id)
        self.context.resources.on_late(self.context.agent.name, self.name)

    def _info(self, call: ToolCall) -> CallInfo:
        data = self.context.call_data
        return CallInfo(
            self.context.call_sid,
            data["caller"],
            data["called"],
            data["direction"],
            self.context.agent.name,
            data["parameters"],
            idempotency_key=f"{self.context.call_sid}:{call.tool_call_id}",
        )


def _ignore(loop: asyncio.AbstractEventLoop, ignored: Callable[[], None], _result: "Future[object]") -> None:
    """Report a late result in the event loop, unless the process has stopped."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(ignored)
