"""Reads the messages of a Media Streams WebSocket, timestamps them on arrival, and closes the socket."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from parley.clock import now_us
from services.edge.call_registry import CallRegistry
from services.edge.twilio import media_messages
from services.edge.twilio.media_messages import InvalidMediaMessage, Message, Start

log = structlog.get_logger()

GOING_AWAY = 1001
POLICY_VIOLATION = 1008
TRY_AGAIN = 1013
_MAX_LOGGED_PROBLEMS = 10
_MAX_BUFFERED = 1500
"""30 s of frames; later messages wait in the socket."""


@dataclass(frozen=True, slots=True)
class TimestampedMessage:
    """A message and the time of its arrival."""

    at_us: int
    """UTC wall clock, microseconds."""
    message: Message


class TimestampedMessages:
    """The messages of one socket with their arrival times; each is yielded once.

    While entered, it buffers the messages that arrive before the iteration begins. Invalid messages are
    counted and skipped, and each problem is logged once.
    """

    def __init__(self, socket: WebSocket, calls: CallRegistry) -> None:
        self._socket = socket
        self._calls = calls
        self._logged: set[str] = set()
        self._buffered: deque[TimestampedMessage] = deque()
        self._buffering: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._buffering = asyncio.create_task(self._buffer(), name="buffer media messages")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_buffering()

    async def __aiter__(self) -> AsyncIterator[TimestampedMessage]:
        await self._stop_buffering()
        while self._buffered:
            yield self._buffered.popleft()
        while (message := await self._receive()) is not None:
            yield message

    async def _buffer(self) -> None:
        while len(self._buffered) < _MAX_BUFFERED and (message := await self._receive()) is not None:
            self._buffered.append(message)

    async def _stop_buffering(self) -> None:
        buffering, self._buffering = self._buffering, None
        if buffering is not None:
            buffering.cancel()
            await asyncio.wait([buffering])
            if not buffering.cancelled():
                buffering.result()

    async def _receive(self) -> TimestampedMessage | None:
        """The next valid message; None when the socket is closed."""
        while True:
            try:
                raw = await self._socket.receive()
            except (WebSocketDisconnect, RuntimeError):
                return None
            if raw["type"] == "websocket.disconnect":
                return None
            message = self._parse(raw.get("text"))
            if message is not None:
                return TimestampedMessage(now_us(), message)

    def _parse(self, text: str | None) -> Message | None:
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
            async for arrived in TimestampedMessages(socket, calls):
                if isinstance(arrived.message, Start):
                    return arrived.message
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
