"""A WebSocket to Deepgram for one call. Mu-law at 8 kHz is sent without conversion."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from deepgram import AsyncDeepgramClient
from deepgram.core.api_error import ApiError
from websockets.exceptions import ConnectionClosed, WebSocketException

from parley.agent_config import SttConfig
from parley.audio.g711 import make_silence
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.latency_limits import LatencyLimit
from parley.providers.stt import SttEvent
from services.stt.provider_clock import ProviderClock
from services.stt.providers.deepgram.options import is_flux, stream_options
from services.stt.providers.deepgram.wire import PROVIDER, MessageReader

_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 1.0
_REJECTED_STATUSES = (400, 401, 402, 403, 404)
_CLOSED = object()
_PADDING = make_silence(80)
"""Nova closes a connection that is kept alive but never received audio; Flux has no keep-alive message."""


class DeepgramConnection:
    """An open WebSocket; implements SttConnection."""

    def __init__(self, socket: Any, *, flux: bool) -> None:
        self._socket = socket
        self._flux = flux
        self._clock = ProviderClock()
        self._reader = MessageReader(self._clock, uuid.uuid4().hex[:8], flux=flux)

    async def send(self, audio: bytes, at_ms: int) -> None:
        """Send audio that begins at call time `at_ms`; an empty message would end the stream."""
        if not audio:
            return
        self._clock.audio_sent(len(audio), at_ms)
        await _with_timeout(self._socket.send_media(audio))

    async def finalize(self) -> None:
        """Request a final transcript now, or the end of the turn from a Flux model."""
        if self._flux:
            await _with_timeout(self._socket.send_force_end_turn())
        else:
            await _with_timeout(self._socket.send_finalize())

    async def keep_alive(self) -> None:
        """Keep the connection open while no audio arrives."""
        if not self._flux:
            await _with_timeout(self._socket.send_keep_alive())
        if self._flux or not self._clock.started:
            self._clock.padding_sent(len(_PADDING))
            await _with_timeout(self._socket.send_media(_PADDING))

    async def run(self, on_event: Callable[[SttEvent], Awaitable[None]]) -> None:
        """Deliver events until the connection is lost, then raise ProviderError."""
        messages = aiter(self._socket)
        while (message := await _next_message(messages)) is not _CLOSED:
            event = self._reader.read(message)
            if event is not None:
                await on_event(event)
        raise ProviderUnavailable(PROVIDER, "the connection was closed")


@asynccontextmanager
async def open_connection(
    client: AsyncDeepgramClient, config: SttConfig, call_sid: str, connected: LatencyLimit
) -> AsyncIterator[DeepgramConnection]:
    """Open a WebSocket for one call.

    Raises:
        ProviderError: Deepgram rejected it, was busy, or did not answer in time.
    """
    flux = is_flux(config)
    listen = client.listen.v2 if flux else client.listen.v1
    opening: Any = listen.connect(**stream_options(config, call_sid))
    try:
        async with connected.measure():
            socket = await opening.__aenter__()
    except TimeoutError:
        raise ProviderTimeout(PROVIDER, "the WebSocket did not open in time") from None
    except ApiError as error:
        raise _handshake_error(error) from error
    except (OSError, WebSocketException) as error:
        raise ProviderUnavailable(PROVIDER, f"no connection: {type(error).__name__}") from error
    try:
        yield DeepgramConnection(socket, flux=flux)
    except (ProviderError, BaseExceptionGroup):
        _abort(socket)
        raise
    finally:
        await _close(opening, socket)


async def _close(opening: Any, socket: Any) -> None:
    """Close gracefully within a time limit, so that an unresponsive connection does not delay the call."""
    with suppress(TimeoutError, OSError, WebSocketException):
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await socket.send_close_stream()
    # asyncio.timeout does not work here: a closing WebSocket swallows the cancellation and keeps waiting.
    closing = asyncio.ensure_future(opening.__aexit__(None, None, None))
    await asyncio.wait([closing], timeout=_CLOSE_TIMEOUT_S)
    if not closing.done():
        _abort(socket)
    with suppress(OSError, WebSocketException):
        await closing


def _abort(socket: Any) -> None:
    """Close the transport without a handshake, which an unresponsive peer would not complete."""
    transport = getattr(socket._websocket, "transport", None)  # noqa: SLF001 - the SDK has no other way
    if transport is not None:
        transport.abort()


async def _next_message(messages: AsyncIterator[Any]) -> Any:
    try:
        return await anext(messages, _CLOSED)
    except ConnectionClosed as closed:
        raise ProviderUnavailable(PROVIDER, _close_reason(closed)) from None
    except Exception as error:
        # An unreadable message ends this connection, not the call.
        raise ProviderUnavailable(PROVIDER, f"an unreadable message: {type(error).__name__}") from None


async def _with_timeout(sending: Awaitable[Any]) -> None:
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await sending
    except TimeoutError:
        raise ProviderTimeout(PROVIDER, f"accepted no audio for {_SEND_TIMEOUT_S:g} s") from None
    except ConnectionClosed as closed:
        raise ProviderUnavailable(PROVIDER, _close_reason(closed)) from None
    except (OSError, WebSocketException) as error:
        raise ProviderUnavailable(PROVIDER, f"connection: {type(error).__name__}") from None


def _close_reason(closed: ConnectionClosed) -> str:
    frame = closed.rcvd
    return f"closed: {frame.code} {frame.reason[:100]}" if frame else "the connection was lost"


def _handshake_error(error: ApiError) -> ProviderError:
    # The SDK hides Deepgram's reason; its exception's context, the handshake error, has it in a header.
    headers = getattr(error.__context__, "headers", None) or {}
    detail = headers.get("dg-error") if hasattr(headers, "get") else None
    status = error.status_code or 0
    reason = f"HTTP {status}" + (f": {detail}" if detail else "")
    if status == 429:
        return ProviderRateLimited(PROVIDER, reason)
    if status in _REJECTED_STATUSES:
        hint = ": check DEEPGRAM_API_KEY" if status in (401, 403) else ""
        return ProviderRejected(PROVIDER, reason + hint)
    return ProviderUnavailable(PROVIDER, reason)
