"""The MCP servers of a process: each is connected once, when an agent first needs it.

The SDK takes 0.3 s to import: it is imported when a process starts if an agent file names a server, and
otherwise when an agent first needs one.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from parley.agent_config import AgentConfig, McpTool

if TYPE_CHECKING:
    from services.brain.tools.mcp.server import McpServer


class McpServers:
    """Servers by their connection settings; agents with the same settings share a connection."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self._tasks = tasks
        self._servers: dict[str, tuple[McpServer, asyncio.Task[None]]] = {}

    def get(self, section: McpTool) -> "McpServer":
        """Return the server; the first time, begin to connect without waiting for it."""
        settings = section.model_dump_json(include=_CONNECTION)
        if settings not in self._servers:
            from services.brain.tools.mcp.server import McpServer  # noqa: PLC0415 - see above

            server = McpServer(section)
            task = self._tasks.create_task(server.run(), name=f"MCP server {section.name}")
            self._servers[settings] = (server, task)
        return self._servers[settings][0]

    def close(self) -> None:
        """Disconnect all servers."""
        for server, task in self._servers.values():
            server.stop()
            task.cancel()


async def preload_sdk(agents: Iterable[AgentConfig]) -> None:
    """Import the SDK if an agent names an MCP server."""
    if any(isinstance(tool, McpTool) for agent in agents for tool in agent.tools):
        await asyncio.to_thread(import_module, "services.brain.tools.mcp_tools")


_CONNECTION = {"name", "command", "url", "env", "headers", "timeout_s", "connect_timeout_s"}


@asynccontextmanager
async def open_mcp_servers() -> AsyncIterator[McpServers]:
    """Yield a pool without connections; they are closed at the end."""
    # The SDK logs messages of servers, which contain what callers have requested.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    logging.getLogger("client").setLevel(logging.CRITICAL)
    async with asyncio.TaskGroup() as tasks:
        servers = McpServers(tasks)
        try:
            yield servers
        finally:
            servers.close()
