"""Accepts a WebSocket from Twilio and timestamps its messages on arrival.

While the bus is disrupted, opening a call takes seconds. Messages are read meanwhile: frames left unread in
the socket would all seem to have been spoken at the moment at which they are read.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from fastapi import WebSocket

from parley.clock import now_us
from services.edge.call_registry import CallRegistry
from services.edge.twilio.media_messages import Message, Start
from services.edge.twilio.media_socket import GOING_AWAY, Messages, close, receive_start
from services.edge.twilio.request_gate import TwilioRequestGate

_MAX_BUFFERED = 1500
"""Half a minute of frames; later messages wait in the socket."""


@dataclass(frozen=True, slots=True)
class TimestampedMessage:
    """A message and the time of its arrival."""

    at_us: int
    """UTC wall clock, microseconds."""
    message: Message


class TimestampedMessages:
    """A socket's messages, each once: first those that arrived before the iteration began."""

    def __init__(self, messages: AsyncIterable[Message]) -> None:
        self._messages = messages
        self._buffered: deque[TimestampedMessage] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._buffer(), name="buffer media messages")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_buffering()

    async def _buffer(self) -> None:
        async for message in self._messages:
            self._buffered.append(TimestampedMessage(now_us(), message))
            if len(self._buffered) >= _MAX_BUFFERED:
                return

    async def _stop_buffering(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])
            if not reading.cancelled():
                reading.result()

    async def __aiter__(self) -> AsyncIterator[TimestampedMessage]:
        await self._stop_buffering()
        while self._buffered:
            yield self._buffered.popleft()
        async for message in self._messages:
            yield TimestampedMessage(now_us(), message)


@dataclass(frozen=True, slots=True)
class MediaConnection:
    """An accepted socket whose start message has arrived."""

    socket: WebSocket
    start: Start
    opened_us: int
    """Time of the upgrade: UTC wall clock, microseconds."""
    messages: TimestampedMessages


@asynccontextmanager
async def open_connection(
    socket: WebSocket, gate: TwilioRequestGate, calls: CallRegistry
) -> AsyncIterator[MediaConnection | None]:
    """Accept a socket and close it on exit; yields None if it is not Twilio's or sends no start message."""
    if not gate.is_authentic_socket(socket):
        await socket.close()
        yield None
        return
    await socket.accept()
    opened_us = now_us()
    try:
        start = await receive_start(socket, calls, gate.settings.start_message_timeout_s)
        if start is None:
            yield None
            return
        with structlog.contextvars.bound_contextvars(call_sid=start.call_sid):
            async with TimestampedMessages(Messages(socket, calls)) as messages:
                yield MediaConnection(socket, start, opened_us, messages)
    finally:
        await close(socket, GOING_AWAY)
