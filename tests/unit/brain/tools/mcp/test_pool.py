"""The MCP servers of a process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from parley.agent_config import McpTool
from services.brain.tools.mcp.pool import open_mcp_servers
from services.brain.tools.mcp.server import McpServer

SECTION = McpTool(type="mcp", name="clinic", url="http://127.0.0.1:9/mcp")


async def test_agents_share_the_connection_to_a_server() -> None:
    """Other settings have a connection of their own."""
    async with open_mcp_servers() as servers:
        assert servers.get(SECTION) is servers.get(SECTION.model_copy())
        assert servers.get(SECTION) is not servers.get(SECTION.model_copy(update={"timeout_s": 7}))


async def test_a_process_ends_although_a_connection_fails_at_that_moment() -> None:
    """The SDK then reports the failure in place of the cancellation."""
    opening = asyncio.Event()

    @asynccontextmanager
    async def fail_when_cancelled() -> AsyncIterator[None]:
        is_first = not opening.is_set()
        opening.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if is_first:
                raise ConnectionError from None
            raise
        yield

    async with asyncio.timeout(20):
        async with open_mcp_servers() as servers:
            server: McpServer = servers.get(SECTION)
            server._open = fail_when_cancelled  # type: ignore[assignment,method-assign]
            await opening.wait()
