"""Follows changes of a server's list of tools by the stream that the newest protocol version has for them.

Servers of earlier versions send notifications without a request, and the session passes them on.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import mcp_types
import structlog
from mcp import Client, MCPError
from mcp.client.subscriptions import ListenNotSupportedError, SubscriptionLost

log = structlog.get_logger()

_FIRST_PAUSE_S, _MAX_PAUSE_S = 0.5, 60.0
_REFUSALS = (mcp_types.METHOD_NOT_FOUND, mcp_types.INVALID_REQUEST, mcp_types.INVALID_PARAMS)


async def follow_changes(client: Client, on_change: Callable[[], None], timeout_s: float) -> None:
    """Call `on_change` after each change, and whenever one may have been missed.

    Opens the stream again when it ends, with growing pauses; returns if the server has none. The server must
    accept the stream within `timeout_s`.
    """
    pause_s = _FIRST_PAUSE_S
    loop = asyncio.get_running_loop()
    while True:
        began_s = loop.time()
        try:
            if not await _follow_once(client, on_change, timeout_s):
                return
        except ListenNotSupportedError:
            return
        except MCPError as error:
            if error.code in _REFUSALS:
                log.info("mcp_changes_not_sent", code=error.code)
                return
        except (SubscriptionLost, TimeoutError):
            pass  # An idle stream ends too, at the time limit for reading.
        if loop.time() - began_s > _MAX_PAUSE_S:
            pause_s = _FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, _MAX_PAUSE_S)


async def _follow_once(client: Client, on_change: Callable[[], None], timeout_s: float) -> bool:
    """Follow one stream to its end; False if the server does not report changes of tools on it."""
    async with AsyncExitStack() as stack:
        async with asyncio.timeout(timeout_s):
            changes = await stack.enter_async_context(client.listen(tools_list_changed=True))
        if not changes.honored.tools_list_changed:
            return False
        on_change()  # A change before the stream was open is not repeated on it.
        async for _ in changes:
            on_change()
    return True
