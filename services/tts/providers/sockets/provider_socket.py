"""A WebSocket to a provider that fails only with ProviderError."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from parley.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from parley.providers.latency_limits import LatencyLimit
from parley.providers.untrusted import clean_text

_SEND_TIMEOUT_S = 2.0
_CLOSE_TIMEOUT_S = 0.5
_MAX_FRAME_BYTES = 16 * 1024**2
_PING_S = 10.0
_MAX_REASON_CHARS = 200

ReadRefusal = Callable[[int, Mapping[str, str], bytes], ProviderError]
"""Returns the error for the HTTP status, headers and body that refuse a handshake."""


class ProviderSocket:
    """An open WebSocket."""

    def __init__(self, provider: str, connection: ClientConnection) -> None:
        self._provider = provider
        self._connection = connection
        self.sent_at_s = asyncio.get_running_loop().time()
        """When the last message was sent, on the event loop's clock."""

    async def send(self, message: str) -> None:
        """Send a message.

        Raises:
            ProviderError: the socket is closed, or accepts nothing within 2 s.
        """
        self.sent_at_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._connection.send(message)
        except TimeoutError:
            reason = f"the WebSocket accepted nothing for {_SEND_TIMEOUT_S:g} s"
            raise ProviderTimeout(self._provider, reason) from None
        except ConnectionClosed:
            raise self.closed_error() from None

    async def frames(self) -> AsyncGenerator[str | bytes]:
        """Yield the frames that arrive until the socket is closed."""
        try:
            async for frame in self._connection:
                yield frame
        except ConnectionClosed:
            return

    @property
    def close_code(self) -> int | None:
        """The code of the close frame; None while the socket is open."""
        return self._connection.close_code

    @property
    def close_reason(self) -> str:
        """The provider's reason in the close frame, shortened; empty without one."""
        return clean_text(self._connection.close_reason or "", _MAX_REASON_CHARS)

    def closed_error(self) -> ProviderError:
        """The error for a socket that was closed without another reason."""
        reason = f": {self.close_reason}" if self.close_reason else ""
        return ProviderUnavailable(self._provider, f"the WebSocket closed with {self.close_code}{reason}")

    async def close(self) -> None:
        """Close the socket; abort it if closing takes too long."""
        try:
            await self._connection.close()
        except asyncio.CancelledError:
            self._connection.transport.abort()
            raise


async def open_socket(
    provider: str, url: str, headers: Mapping[str, str], limit: LatencyLimit, read_refusal: ReadRefusal
) -> ProviderSocket:
    """Open a WebSocket within a learned time limit.

    Raises:
        ProviderError: rejected, rate limited, timed out or unavailable.
    """
    timeout_s = limit.limit_s()
    try:
        async with limit.measure():
            connection = await connect(
                url,
                additional_headers=headers,
                compression=None,
                open_timeout=None,
                close_timeout=_CLOSE_TIMEOUT_S,
                max_size=_MAX_FRAME_BYTES,
                ping_interval=_PING_S,
                ping_timeout=_PING_S,
            )
    except InvalidStatus as error:
        response = error.response
        fields = {name.lower(): value for name, value in response.headers.raw_items()}
        raise read_refusal(response.status_code, fields, bytes(response.body)) from None
    except TimeoutError:
        raise ProviderTimeout(provider, f"no WebSocket within {timeout_s:g} s") from None
    except (OSError, EOFError, ValueError, InvalidHandshake, InvalidURI) as error:
        raise ProviderUnavailable(provider, f"no WebSocket: {error!r}") from None
    return ProviderSocket(provider, connection)
