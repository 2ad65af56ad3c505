"""What a socket of Twilio's brings, read; and its end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from services.edge.call_registry import CallRegistry
from services.edge.twilio import media_messages
from services.edge.twilio.media_messages import InvalidMediaMessage, Message, Start

log = structlog.get_logger()

GOING_AWAY = 1001
POLICY_VIOLATION = 1008
TRY_AGAIN = 1013


class Messages:
    """Messages of one socket; what cannot be read is counted, told once, and passed over."""

    def __init__(self, socket: WebSocket, calls: CallRegistry) -> None:
        self._socket = socket
        self._calls = calls
        self._told: set[str] = set()

    async def __aiter__(self) -> AsyncIterator[Message]:
        while True:
            try:
                raw = await self._socket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return
            if raw["type"] == "websocket.disconnect":
                return
            message = self._read(raw.get("text"))
            if message is not None:
                yield message

    def _read(self, text: str | None) -> Message | None:
        try:
            message = media_messages.read(text) if text is not None else None
            problem = "binary frame" if text is None else "unknown event" if message is None else ""
        except InvalidMediaMessage as bad:
            message, problem = None, str(bad)
        if problem:
            self._calls.bad_messages.inc()
            if problem not in self._told and len(self._told) < 10:
                self._told.add(problem)
                log.error("bad message from Twilio, passed over", problem=problem)
        return message


async def start_message(socket: WebSocket, calls: CallRegistry, timeout_s: float) -> Start | None:
    """The message that says which call this is; None when it does not come."""
    try:
        async with asyncio.timeout(timeout_s):
            async for message in Messages(socket, calls):
                if isinstance(message, Start):
                    return message
    except TimeoutError:
        log.error("media stream without a start message", waited_s=timeout_s)
        await close(socket, POLICY_VIOLATION)
    return None


async def close(socket: WebSocket, code: int) -> None:
    """Close it, if it is not closed already."""
    if WebSocketState.DISCONNECTED in (socket.application_state, socket.client_state):
        return
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
