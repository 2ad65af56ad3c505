"""A WebSocket to OpenAI with a session that is configured."""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from parley.errors import ProviderTimeout, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit
from parley.providers.untrusted import finite_number
from services.stt.providers.openai.errors import PROVIDER, closed_error, refused_upgrade, reported_error

SESSION_S = 3600.0
"""Maximum duration of a session."""
_MIN_SESSION_S = 1.0
_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 1.0
_PING_TIMEOUT_S = 5.0
_MAX_MESSAGE_BYTES = 1024 * 1024
_MAX_SETUP_MESSAGES = 10


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a session, and what the upgrade to it sends."""

    url: str
    key: str


class TranscriptionSocket:
    """A session; its messages are JSON objects."""

    def __init__(self, connection: ClientConnection, expires_s: float) -> None:
        self._connection = connection
        self.opened_s = time.monotonic()
        """Monotonic time."""
        self.expires_s = expires_s
        """Monotonic time at which the service ends the session."""

    async def append(self, audio: bytes) -> None:
        """Send audio (mu-law, 8 kHz)."""
        encoded = base64.b64encode(audio).decode("ascii")
        await self._send(f'{{"type":"input_audio_buffer.append","audio":"{encoded}"}}')

    async def commit(self, event_id: str) -> None:
        """Commit the audio sent so far."""
        await self._send(json.dumps({"type": "input_audio_buffer.commit", "event_id": event_id}))

    async def answers(self) -> None:
        """Wait until the peer answers a ping.

        Raises:
            ProviderError: the connection was lost, or the peer does not answer.
        """
        try:
            async with asyncio.timeout(_PING_TIMEOUT_S):
                pong = await self._connection.ping()
                await pong
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, f"no answer to a ping for {_PING_TIMEOUT_S:g} s") from None
        except ConnectionClosed as closed:
            raise closed_error(closed) from None
        except (OSError, WebSocketException) as error:
            raise ProviderUnavailable(PROVIDER, f"connection: {type(error).__name__}") from None

    async def receive(self) -> Mapping[str, Any]:
        """The next message; empty for one that is not a JSON object.

        Raises:
            ProviderError: the connection was closed or lost.
        """
        return await _receive(self._connection)

    async def close(self) -> None:
        """Close the connection within a time limit; does not raise."""
        closing = asyncio.ensure_future(self._connection.close())
        # asyncio.timeout does not work here: a closing WebSocket swallows the cancellation and keeps waiting.
        await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
        if not closing.done():
            self.abort()
            closing.cancel()

    def abort(self) -> None:
        """Drop the connection, without a handshake that an unresponsive peer would not complete."""
        self._connection.transport.abort()

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(text)
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, f"accepted no audio for {_SEND_TIMEOUT_S:g} s") from None
        except ConnectionClosed as closed:
            raise closed_error(closed) from None
        except (OSError, WebSocketException) as error:
            raise ProviderUnavailable(PROVIDER, f"connection: {type(error).__name__}") from None


async def open_socket(
    address: Address, call_sid: str, setup: Mapping[str, Any], limit: LatencyLimit
) -> TranscriptionSocket:
    """Open and configure a session for one call.

    Raises:
        ProviderError: OpenAI rejected it, was busy, or did not answer in time.
    """
    connection: ClientConnection | None = None
    try:
        async with limit.measure():
            connection = await _connect(address, call_sid)
            expires_s = await _set_up(connection, setup)
    except TimeoutError:
        _drop(connection)
        raise ProviderTimeout(PROVIDER, "the session did not open in time") from None
    except BaseException:
        _drop(connection)
        raise
    return TranscriptionSocket(connection, expires_s)


async def _connect(address: Address, call_sid: str) -> ClientConnection:
    # The identifier lets OpenAI attribute misuse to one caller; it is the call's and no person's.
    headers = {"Authorization": f"Bearer {address.key}", "OpenAI-Safety-Identifier": call_sid}
    try:
        return await connect(
            address.url,
            additional_headers=headers,
            open_timeout=None,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_MAX_MESSAGE_BYTES,
            compression=None,
        )
    except InvalidStatus as error:
        raise refused_upgrade(error) from None
    except (OSError, WebSocketException, ValueError) as error:
        raise ProviderUnavailable(PROVIDER, f"no connection: {type(error).__name__}") from error


async def _set_up(connection: ClientConnection, setup: Mapping[str, Any]) -> float:
    """Configure a session once it was created; returns the monotonic time at which it expires."""
    expires_s = time.monotonic() + SESSION_S
    for _ in range(_MAX_SETUP_MESSAGES):
        message = await _receive(connection)
        match message.get("type"):
            case "session.created":
                expires_s = _expiry_s(message)
                await connection.send(json.dumps(setup))
            case "session.updated":
                return expires_s
            case "error":
                raise reported_error(message.get("error"), at_setup=True)
            case _:
                pass
    raise ProviderUnavailable(PROVIDER, "the session was not set up")


def _expiry_s(created: Mapping[str, Any]) -> float:
    session = created.get("session")
    expires_at = session.get("expires_at") if isinstance(session, dict) else None
    left_s = finite_number(expires_at, 0.0, 1e11)
    # The clocks may differ: a session never lasts longer, and not less than it takes to replace it.
    lasts_s = SESSION_S if left_s is None else min(max(left_s - time.time(), _MIN_SESSION_S), SESSION_S)
    return time.monotonic() + lasts_s


async def _receive(connection: ClientConnection) -> Mapping[str, Any]:
    try:
        message = json.loads(await connection.recv())
    except ConnectionClosed as closed:
        raise closed_error(closed) from None
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}


def _drop(connection: ClientConnection | None) -> None:
    if connection is not None:
        connection.transport.abort()
