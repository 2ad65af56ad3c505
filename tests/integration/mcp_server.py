"""An MCP server for tests, over stdio or HTTP; with the argument `garbage` it prints other lines first."""

import asyncio
import os
import sys
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from pydantic import Field

FAULT = sys.argv[1] if len(sys.argv) > 1 else ""
server = MCPServer("clinic")
KEYS: set[str] = set()


@server.tool()
async def book(day: Annotated[str, Field(description="The day.")], ctx: Context[Any, Any]) -> dict[str, Any]:
    """Books a visit."""
    meta = ctx.request_context.meta or {}
    key = str(dict(meta).get("parley/idempotencyKey", ""))
    KEYS.add(key)
    return {"day": day, "key": key, "effects": len(KEYS), "token": os.environ.get("CLINIC_TOKEN", "")}


@server.tool()
async def fail() -> str:
    """Fails."""
    raise ValueError("fully booked")


@server.tool()
async def slow() -> str:
    """Takes five seconds."""
    await asyncio.sleep(5)
    return "done"


@server.tool()
async def die() -> str:
    """Ends the process."""
    os._exit(1)


@server.tool()
async def huge() -> str:
    """Returns 200 KB."""
    return "x" * 200_000


@server.tool()
async def endless() -> str:
    """Writes a line of 8 MB."""
    return "x" * 8_000_000


@server.tool()
async def add_tool(tool: str, ctx: Context[Any, Any]) -> str:
    """Adds a tool, and reports that the list has changed."""

    async def added() -> str:
        return tool

    server.add_tool(added, tool)
    await ctx.notify_tools_changed()
    return tool


def main() -> None:
    """Run the server."""
    if FAULT == "garbage":
        sys.stdout.write('Welcome to the clinic!\n{not json\n[1]\n{"jsonrpc": "2.0"}\n')
    sys.stdout.flush()
    server.run("stdio")


if __name__ == "__main__":
    main()
