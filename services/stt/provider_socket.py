"""A WebSocket to a provider whose messages are JSON, with a time limit on everything that waits."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit
from parley.providers.untrusted import clean_text

_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 1.0
_MAX_FRAME_BYTES = 1024**2
_MAX_REASON_CHARS = 200


class HandshakeRefused(Exception):
    """The provider refused the WebSocket with an HTTP status."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


class SocketClosed(Exception):
    """The WebSocket was closed; the code is 1006 if the connection was lost."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed: {code} {reason}".strip())
        self.code = code
        self.reason = reason


class ProviderSocket:
    """An open WebSocket."""

    def __init__(self, provider: str, connection: ClientConnection) -> None:
        self._provider = provider
        self._connection = connection

    async def send(self, message: bytes | Mapping[str, Any]) -> None:
        """Send audio as a binary message, or JSON as a text message.

        Raises:
            ProviderTimeout: the provider accepts nothing.
            SocketClosed: the WebSocket was closed.
        """
        data = message if isinstance(message, bytes) else json.dumps(message)
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(data)
        except TimeoutError:
            reason = f"accepted no audio for {_SEND_TIMEOUT_S:g} s"
            raise ProviderTimeout(self._provider, reason) from None
        except ConnectionClosed as closed:
            raise _socket_closed(closed) from None

    async def receive(self) -> dict[str, Any]:
        """Return the next message; a binary one is skipped.

        Raises:
            ProviderUnavailable: the message is not a JSON object.
            SocketClosed: the WebSocket was closed.
        """
        while True:
            try:
                data = await self._connection.recv()
            except ConnectionClosed as closed:
                raise _socket_closed(closed) from None
            if isinstance(data, str):
                return self._parsed(data)

    async def receive_first(
        self,
        is_first: Callable[[Mapping[str, Any]], bool],
        read_error: Callable[[Mapping[str, Any]], ProviderError | None],
        timeout_s: float,
    ) -> dict[str, Any]:
        """Return the message that starts the session; others before it are skipped.

        Raises:
            ProviderError: a message reports an error in its place, or it does not arrive in time.
            SocketClosed: the WebSocket was closed.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not is_first(message := await self.receive()):
                    if error := read_error(message):
                        raise error
        except TimeoutError:
            raise ProviderUnavailable(self._provider, "no session was started") from None
        return message

    def _parsed(self, text: str) -> dict[str, Any]:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise ProviderUnavailable(self._provider, "an unreadable message")
        return message

    def abort(self) -> None:
        """Close the transport without a handshake, which an unresponsive peer would not complete."""
        self._connection.transport.abort()


@asynccontextmanager
async def open_socket(
    provider: str, url: str, headers: Mapping[str, str], connected: LatencyLimit
) -> AsyncIterator[ProviderSocket]:
    """Open a WebSocket; it is closed on exit within a time limit.

    Raises:
        HandshakeRefused: the provider answered with an HTTP status.
        ProviderError: the provider did not answer in time, or cannot be reached.
    """
    try:
        async with connected.measure():
            connection = await connect(
                url,
                additional_headers=headers,
                compression=None,
                open_timeout=None,
                close_timeout=_CLOSE_TIMEOUT_S,
                max_size=_MAX_FRAME_BYTES,
                ping_interval=10,
                ping_timeout=10,
            )
    except InvalidStatus as error:
        raise HandshakeRefused(error.response.status_code, bytes(error.response.body or b"")) from None
    except TimeoutError:
        raise ProviderTimeout(provider, "the WebSocket did not open in time") from None
    except (OSError, EOFError, ValueError, InvalidHandshake, InvalidURI) as error:
        raise ProviderUnavailable(provider, f"no connection: {type(error).__name__}") from None
    socket = ProviderSocket(provider, connection)
    try:
        yield socket
    except (ProviderError, BaseExceptionGroup):
        socket.abort()
        raise
    finally:
        await _close(connection)


async def _close(connection: ClientConnection) -> None:
    """Close gracefully within a time limit, so that an unresponsive connection does not delay the call."""
    closing = asyncio.ensure_future(connection.close())
    try:
        await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
    finally:
        if not closing.done():
            connection.transport.abort()
            closing.cancel()


def socket_url(base_url: str, path: str, query: str) -> str:
    """The address of a WebSocket under a base address, http(s):// or ws(s)://."""
    base = base_url.rstrip("/")
    if base.startswith("http"):
        base = base.replace("http", "ws", 1)
    return f"{base}{path}?{query}"


def _socket_closed(closed: ConnectionClosed) -> SocketClosed:
    frame = closed.rcvd
    if frame is None:
        return SocketClosed(1006, "the connection was lost")
    return SocketClosed(frame.code, clean_text(frame.reason, _MAX_REASON_CHARS))
