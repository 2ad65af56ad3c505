"""Accepts a WebSocket from Twilio and starts to read it at once.

While the bus is disrupted, opening a call takes seconds. Messages are read meanwhile: frames left unread in
the socket would all seem to have been spoken when they are finally read.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from fastapi import WebSocket

from parley.clock import now_us
from services.edge.call_registry import CallRegistry
from services.edge.twilio.media_messages import Start
from services.edge.twilio.media_socket import GOING_AWAY, TimestampedMessages, close, receive_start
from services.edge.twilio.request_gate import TwilioRequestGate


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
    """Accept a socket and close it on exit; yield None if it is not from Twilio or sends no start message."""
    if not gate.is_authentic_socket(socket):
        await socket.send_denial_response(gate.unsigned())
        yield None
        return
    await socket.accept()
    opened_us = now_us()
    try:
        start = await receive_start(socket, calls, gate.settings.start_message_timeout_s)
        if start is None:
            gate.evidence.start_missing()
            yield None
            return
        with structlog.contextvars.bound_contextvars(call_sid=start.call_sid):
            async with TimestampedMessages(socket, calls) as messages:
                yield MediaConnection(socket, start, opened_us, messages)
    finally:
        await close(socket, GOING_AWAY)
