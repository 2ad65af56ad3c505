"""Reads the messages of a Media Streams WebSocket, and closes it."""

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
_MAX_LOGGED_PROBLEMS = 10


class Messages:
    """The messages of one socket; invalid ones are counted and skipped, and each problem is logged once."""

    def __init__(self, socket: WebSocket, calls: CallRegistry) -> None:
        self._socket = socket
        self._calls = calls
        self._logged: set[str] = set()

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
        except InvalidMediaMessage as error:
            message, problem = None, str(error)
        if problem:
            self._calls.invalid_messages.inc()
            if problem not in self._logged and len(self._logged) < _MAX_LOGGED_PROBLEMS:
                self._logged.add(problem)
                log.error("media_message_invalid", problem=problem)
        return message


async def receive_start(socket: WebSocket, calls: CallRegistry, timeout_s: float) -> Start | None:
    """Wait for the start message, which names the call; None if the socket closes or the message is late."""
    try:
        async with asyncio.timeout(timeout_s):
            async for message in Messages(socket, calls):
                if isinstance(message, Start):
                    return message
    except TimeoutError:
        log.error("start_message_missing", waited_s=timeout_s)
        await close(socket, POLICY_VIOLATION)
    return None


async def close(socket: WebSocket, code: int) -> None:
    """Close the socket unless it is closed already."""
    if WebSocketState.DISCONNECTED in (socket.application_state, socket.client_state):
        return
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(code)
