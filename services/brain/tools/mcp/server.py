"""The connection to one MCP server, shared by all calls of a process, and reopened when it is lost."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx2
import mcp_types
import structlog
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from parley.agent_config import McpTool
from parley.agent_config.tools.arguments_schema import schema_problem
from parley.agent_config.tools.http_templates import render, secret_names
from services.brain.settings import read_secret
from services.brain.tool_arguments import legal_name
from services.brain.tools import ToolFailed
from services.brain.tools.mcp.changes import follow_changes
from services.brain.tools.mcp.stdio import StdioTransport

log = structlog.get_logger()

_REFRESH_S = 60.0
"""The list of tools is read again at this interval, which also shows that the server still responds."""
_MIN_REFRESH_S = 1.0
"""Changes that follow each other sooner are read together."""
_FIRST_PAUSE_S, _MAX_PAUSE_S = 0.2, 30.0
_MAX_PAGES = 20
_MAX_TOOLS = 128
_INHERITED = ("PATH", "HOME", "LANG", "TMPDIR")


class McpServer:
    """One server: `run` keeps the connection open; calls of all agents use it at the same time."""

    def __init__(self, section: McpTool) -> None:
        self._section = section
        self.tools: tuple[mcp_types.Tool, ...] = ()
        """The tools that the server listed last; they remain while the connection is lost."""
        self.problem = "not connected yet"
        """Why the connection is missing; empty with one."""
        self._client: Client | None = None
        self._connected = asyncio.Event()
        self._listed = asyncio.Event()
        self._changed = asyncio.Event()
        self._lost = asyncio.Event()
        self._transport: StdioTransport | None = None
        self._stopping = False

    async def run(self) -> None:
        """Connect, and connect again after each failure, with growing pauses; until it is cancelled."""
        pause_s = _FIRST_PAUSE_S
        while not self._stopping:
            try:
                async with self._open() as client:
                    pause_s = _FIRST_PAUSE_S
                    await self._serve(client)
            except Exception as error:  # a server may do anything, and must not affect other tools
                self._report(error)
            finally:
                self._client = self._transport = None
                self._connected.clear()
            if not self._stopping:
                await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))
                pause_s = min(pause_s * 2, _MAX_PAUSE_S)

    def stop(self) -> None:
        """Let `run` return after a failure too; cancel its task as well.

        The SDK's task groups lose the cancellation of a task whose connection fails at the same moment.
        """
        self._stopping = True

    async def wait_listed(self, timeout_s: float) -> str:
        """Wait for the first list of tools; returns why it is missing, or an empty text."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._listed.wait()
        except TimeoutError:
            return self.problem or "the server has not listed its tools"
        return ""

    async def call(
        self, name: str, arguments: Mapping[str, Any], meta: Mapping[str, str]
    ) -> mcp_types.CallToolResult:
        """Call a tool; waits for a connection that is being opened.

        Raises:
            ToolFailed: the server cannot be reached, or refuses the call; the text is for the model.
        """
        try:
            async with asyncio.timeout(self._section.timeout_s):
                await self._connected.wait()
                client = self._client
                if client is None:
                    raise ToolFailed("the tool's server is not connected")
                return await client.call_tool(name, dict(arguments), meta=dict(meta))  # type: ignore[arg-type]
        except TimeoutError:
            if self._connected.is_set():
                reason = (
                    f"no result within {self._section.timeout_s:g} s; it is unknown whether it took effect"
                )
            else:
                reason = "the tool's server cannot be reached"
            raise ToolFailed(reason) from None
        except MCPError as error:
            if error.code == mcp_types.CONNECTION_CLOSED:
                self._disconnect()
                raise ToolFailed(
                    "the tool's server ended during the call; it is unknown whether it took effect"
                ) from None
            raise ToolFailed(f"the tool's server refused the call: {error.message[:300]}") from None
        except (httpx2.HTTPError, OSError, RuntimeError) as error:
            self._disconnect()
            raise ToolFailed(f"the tool's server cannot be reached: {type(error).__name__}") from None

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Client]:
        section = self._section
        missing = [name for name in sorted(section.secrets) if not read_secret(name)]
        if missing:
            raise OSError(f"the environment variable {missing[0]} is not set")
        if section.command:
            transport = self._transport = StdioTransport(section.command, self._environment())
            streams = transport.open()
            async with _connected(streams, section.connect_timeout_s, self._on_message) as client:
                watching = asyncio.create_task(self._watch(transport))
                try:
                    yield client
                finally:
                    watching.cancel()
            return
        headers = {name: _with_secrets(text) for name, text in section.headers.items()}
        timeout = httpx2.Timeout(section.connect_timeout_s, read=section.timeout_s + _REFRESH_S)
        async with httpx2.AsyncClient(headers=headers, timeout=timeout) as http:
            streams = streamable_http_client(section.url, http_client=http)
            async with _connected(streams, section.connect_timeout_s, self._on_message) as client:
                yield client

    async def _watch(self, transport: StdioTransport) -> None:
        await transport.ended.wait()
        self._disconnect()

    def _disconnect(self) -> None:
        """Let `run` connect again; calls wait for the new connection from now on."""
        self._connected.clear()
        self._lost.set()

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name in _INHERITED if (value := read_secret(name))}
        return {**inherited, **{name: _with_secrets(text) for name, text in self._section.env.items()}}

    async def _serve(self, client: Client) -> None:
        """Read the list of tools, again when it changes, until the connection is lost."""
        self._lost.clear()
        self._changed.clear()
        await self._list(client)
        self._client, self.problem = client, ""
        self._connected.set()
        log.info("mcp_server_connected", server=self._section.name, tools=len(self.tools))
        following = asyncio.create_task(self._follow_changes(client))
        try:
            while not self._lost.is_set():
                await _first_of(self._changed, self._lost, timeout_s=_REFRESH_S)
                if not self._lost.is_set():
                    self._changed.clear()
                    await self._list(client)
                    await _first_of(self._lost, timeout_s=_MIN_REFRESH_S)
        finally:
            following.cancel()
            await asyncio.wait([following])
        raise ConnectionError("the connection was lost")

    async def _follow_changes(self, client: Client) -> None:
        try:
            await follow_changes(client, self._changed.set, self._section.connect_timeout_s)
        except Exception as error:  # without notices, the list is still read again at the interval
            log.warning("mcp_changes_not_followed", server=self._section.name, error=type(error).__name__)

    async def _list(self, client: Client) -> None:
        found: list[mcp_types.Tool] = []
        cursor: str | None = None
        async with asyncio.timeout(self._section.connect_timeout_s):
            for _ in range(_MAX_PAGES):
                page = await client.session.list_tools(params=_page(cursor))
                found += page.tools
                cursor = page.next_cursor
                if not cursor or len(found) >= _MAX_TOOLS:
                    break
        if len(found) > _MAX_TOOLS:
            log.warning("mcp_tools_left_out", server=self._section.name, listed=len(found), limit=_MAX_TOOLS)
        self.tools = tuple(tool for tool in found[:_MAX_TOOLS] if self._is_usable(tool))
        self._listed.set()

    def _is_usable(self, tool: mcp_types.Tool) -> bool:
        problem = schema_problem(tool.input_schema)
        if problem:
            name = legal_name(tool.name)
            log.warning("mcp_tool_left_out", server=self._section.name, tool=name, reason=problem)
        return not problem

    async def _on_message(self, message: object) -> None:
        if isinstance(message, mcp_types.ToolListChangedNotification):
            self._changed.set()

    def _report(self, error: BaseException) -> None:
        """Log why the connection failed; repeated failures with the same reason only once."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        reason = _reason(error)
        if self._client is None and self._transport is not None:
            # Before the handshake the server has seen nothing of any call.
            output = self._transport.error_output.strip().splitlines()
            reason += f"; its last error output: {output[-1][:300]}" if output else ""
        if reason != self.problem:
            log.error("mcp_server_unavailable", server=self._section.name, reason=reason)
        self.problem = reason


@asynccontextmanager
async def _connected(streams: Any, timeout_s: float, on_message: Any) -> AsyncIterator[Client]:
    """A client, after a handshake within the time limit."""
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(timeout_s):
                client = await stack.enter_async_context(Client(streams, message_handler=on_message))
        except TimeoutError:
            raise ConnectionError(f"no handshake within {timeout_s:g} s") from None
        yield client


async def _first_of(*events: asyncio.Event, timeout_s: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _page(cursor: str | None) -> mcp_types.PaginatedRequestParams | None:
    return mcp_types.PaginatedRequestParams(cursor=cursor) if cursor else None


def _with_secrets(text: str) -> str:
    names = tuple(secret_names(text))
    return render(text, {}, {name: read_secret(name) for name in names}) if names else text


def _reason(error: BaseException) -> str:
    match error:
        case FileNotFoundError():
            return f"the program {error.filename!r} does not exist"
        case PermissionError():
            return f"the program {error.filename!r} cannot be executed"
        case TimeoutError():
            return "the server does not respond"
        case MCPError(code=mcp_types.CONNECTION_CLOSED):
            return "the server ended"
        case MCPError():
            return f"the server refused: {error.message[:200]}"
        case httpx2.HTTPStatusError():
            return f"HTTP {error.response.status_code}"
        case httpx2.HTTPError():
            return f"cannot be reached: {type(error).__name__}"
        case OSError():
            return str(error)
        case _:
            return type(error).__name__
