"""One session of OpenAI's Realtime API over a WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from parley.agent_config import RealtimeConfig
from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.realtime import (
    HistoryItem,
    RealtimeEvent,
    ResponseDone,
    ResponseRequest,
    SessionSetup,
)
from services.brain.providers.openai_realtime import requests
from services.brain.providers.openai_realtime.errors import (
    PROVIDER,
    close_error,
    handshake_error,
    is_fatal,
    refusal,
    response_error,
)
from services.brain.providers.openai_realtime.reader import ErrorReceived, MessageReader, SessionUpdated

log = structlog.get_logger()

_CONNECT_TIMEOUT_S = 5.0
_SETUP_TIMEOUT_S = 5.0
_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 1.0
_PING_INTERVAL_S = 5.0
_MAX_MESSAGE_BYTES = 16 * 1024**2
_MAX_APPEND_BYTES = 40_000
"""Five seconds of audio: the buffered audio of a new session is sent in messages of this size."""


class OpenAIRealtimeConnection:
    """An open session; implements RealtimeConnection."""

    def __init__(self, socket: ClientConnection, model: str) -> None:
        self._socket = socket
        self._model = model
        self._reader = MessageReader()

    async def set_up(self, config: RealtimeConfig, setup: SessionSetup) -> None:
        """Configure the session and wait until it has accepted it.

        Raises:
            ProviderError: it was refused, or not accepted in time.
        """
        await self._send(requests.session_update(config, setup))
        try:
            async with asyncio.timeout(_SETUP_TIMEOUT_S):
                while True:
                    for received in self._reader.read(await self._receive()):
                        if isinstance(received, SessionUpdated):
                            return
                        if isinstance(received, ErrorReceived):
                            raise self._refusal(received)
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, "the session was not set up in time") from None

    async def send(self, mulaw: bytes) -> None:
        """Send audio of the caller."""
        for begin in range(0, len(mulaw), _MAX_APPEND_BYTES):
            await self._send(requests.append_audio(mulaw[begin : begin + _MAX_APPEND_BYTES]))

    async def add(self, item_id: str, item: HistoryItem) -> None:
        """Add an item to the end of the conversation."""
        await self._send(requests.create_item(item_id, item))

    async def remove(self, item_id: str) -> None:
        """Remove an item of the conversation."""
        await self._send(requests.delete_item(item_id))

    async def truncate(self, item_id: str, played_ms: int) -> None:
        """Forget the part of a spoken item that was not played."""
        await self._send(requests.truncate_item(item_id, played_ms))

    async def respond(self, request: ResponseRequest) -> None:
        """Request a response."""
        self._reader.responses.requested(request.tag)
        await self._send(requests.create_response(request))

    async def cancel(self, tag: str) -> None:
        """Cancel the response with this tag."""
        await self._send(requests.cancel_response(tag, self._reader.responses.response_id(tag)))

    async def run(self, on_event: Callable[[RealtimeEvent], Awaitable[None]]) -> None:
        """Deliver events until the session ends, then raise ProviderError."""
        while True:
            for received in self._reader.read(await self._receive()):
                match received:
                    case SessionUpdated():
                        pass
                    case ErrorReceived():
                        await self._on_error(received, on_event)
                    case event:
                        await on_event(event)

    async def _on_error(
        self, received: ErrorReceived, on_event: Callable[[RealtimeEvent], Awaitable[None]]
    ) -> None:
        """Handle an error: of the session, or of one request in it.

        Raises:
            ProviderError: the session is of no use any longer.
        """
        if is_fatal(received.code):
            raise self._refusal(received)
        if received.code != "response_cancel_not_active":
            log.warning("realtime_error", code=received.code[:60], param=received.param[:60])
        if tag := received.event_id:
            self._reader.responses.refused(tag)
            error = response_error(received.code, received.message)
            await on_event(ResponseDone(tag, "failed", received.code, error=error))

    def _refusal(self, received: ErrorReceived) -> ProviderError:
        return refusal(received.code, received.message, self._model, received.param)

    async def _send(self, message: Mapping[str, Any]) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._socket.send(json.dumps(message))
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, f"accepted nothing for {_SEND_TIMEOUT_S:g} s") from None
        except ConnectionClosed as closed:
            raise close_error(closed, self._model) from None
        except (OSError, WebSocketException) as error:
            raise ProviderUnavailable(PROVIDER, f"connection: {type(error).__name__}") from None

    async def _receive(self) -> str | bytes:
        try:
            return await self._socket.recv()
        except ConnectionClosed as closed:
            raise close_error(closed, self._model) from None
        except (OSError, WebSocketException) as error:
            raise ProviderUnavailable(PROVIDER, f"connection: {type(error).__name__}") from None


@asynccontextmanager
async def open_session(
    base_url: str, key: str, config: RealtimeConfig, setup: SessionSetup
) -> AsyncIterator[OpenAIRealtimeConnection]:
    """Open a session and set it up.

    Raises:
        ProviderError: it was refused, or did not open in time.
    """
    headers = {"Authorization": f"Bearer {key}"}
    if setup.safety_id:
        headers["OpenAI-Safety-Identifier"] = setup.safety_id
    try:
        socket = await connect(
            f"{_websocket_url(base_url)}/realtime?{urlencode({'model': config.model})}",
            additional_headers=headers,
            compression=None,
            open_timeout=_CONNECT_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            ping_interval=_PING_INTERVAL_S,
            ping_timeout=2 * _PING_INTERVAL_S,
            max_size=_MAX_MESSAGE_BYTES,
            proxy=None,
        )
    except (OSError, WebSocketException, ValueError) as error:
        raise handshake_error(error, config.model) from error
    try:
        connection = OpenAIRealtimeConnection(socket, config.model)
        await connection.set_up(config, setup)
        yield connection
    except (ProviderError, BaseExceptionGroup):
        socket.transport.abort()
        raise
    finally:
        closing = asyncio.ensure_future(socket.close())
        await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
        if not closing.done():
            socket.transport.abort()
        with suppress(OSError, WebSocketException):
            await closing


def _websocket_url(base_url: str) -> str:
    return f"ws{base_url.rstrip('/').removeprefix('http')}"
