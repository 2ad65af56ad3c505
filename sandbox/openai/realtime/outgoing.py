"""Sends a session's events, one at a time, and ends the connection. No clock but the time limit of a send."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

_SEND_TIMEOUT_S = 5.0


class CloseSession(Exception):
    """The connection must be closed with a code and a reason."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code


class AbortSession(Exception):
    """A fault requires the connection to be dropped without a close frame."""


class Outgoing:
    """The events of a session on their way to its client."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._lock = asyncio.Lock()

    async def send(self, *events: Mapping[str, Any]) -> None:
        """Send events, with no other event between them."""
        async with self._lock:
            for event in events:
                await self._send_text(json.dumps(event))

    async def send_text(self, text: str) -> None:
        """Send a frame unchanged."""
        async with self._lock:
            await self._send_text(text)

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send_text(text)
        except TimeoutError:
            raise CloseSession(1011, "The client does not read its messages.") from None
        except RuntimeError:
            # Starlette raises RuntimeError when the socket was closed in the meantime.
            raise WebSocketDisconnect(1006) from None
