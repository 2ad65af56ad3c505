"""A socket of Twilio's, from its upgrade and start message on; read from then, though nobody listens yet.

To open a call takes seconds while the bus is in disorder. Frames that lay unread so long would all seem to
have been spoken at the moment at which they are read, one upon the other.
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
from services.edge.twilio.media_socket import GOING_AWAY, Messages, close, start_message
from services.edge.twilio.request_gate import TwilioRequestGate

_MOST_EARLY = 1500
"""Half a minute of frames; what comes then waits in the socket."""


@dataclass(frozen=True, slots=True)
class TimestampedMessage:
    """One message."""

    at_us: int
    """When it came: UTC wall clock, microseconds."""
    message: Message


class TimestampedMessages:
    """A socket's messages, once: those that came while nobody iterated, then what comes."""

    def __init__(self, messages: AsyncIterable[Message]) -> None:
        self._messages = messages
        self._early: deque[TimestampedMessage] = deque()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read_early(), name="read early")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop_reading()

    async def _read_early(self) -> None:
        async for message in self._messages:
            self._early.append(TimestampedMessage(now_us(), message))
            if len(self._early) >= _MOST_EARLY:
                return

    async def _stop_reading(self) -> None:
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait([reading])
            if not reading.cancelled():
                reading.result()

    async def __aiter__(self) -> AsyncIterator[TimestampedMessage]:
        await self._stop_reading()
        while self._early:
            yield self._early.popleft()
        async for message in self._messages:
            yield TimestampedMessage(now_us(), message)


@dataclass(frozen=True, slots=True)
class MediaConnection:
    """One stream's."""

    socket: WebSocket
    start: Start
    opened_us: int
    """UTC wall clock, microseconds."""
    messages: TimestampedMessages


@asynccontextmanager
async def open_connection(
    socket: WebSocket, gate: TwilioRequestGate, calls: CallRegistry
) -> AsyncIterator[MediaConnection | None]:
    """Until left; None for one that may not come, or does not say which call it is."""
    if not gate.is_authentic_socket(socket):
        await socket.close()
        yield None
        return
    await socket.accept()
    opened_us = now_us()
    try:
        start = await start_message(socket, calls, gate.settings.start_message_timeout_s)
        if start is None:
            yield None
            return
        with structlog.contextvars.bound_contextvars(call_sid=start.call_sid):
            async with TimestampedMessages(Messages(socket, calls)) as arrivals:
                yield MediaConnection(socket, start, opened_us, arrivals)
    finally:
        await close(socket, GOING_AWAY)
