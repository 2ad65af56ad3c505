"""The WebSocket of a media stream: opened as Twilio opens it, written without waiting."""

import asyncio
from collections import deque
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.protocol import State

from sandbox.twilio.signature import Signer
from sandbox.twilio.stream_address import StreamEnd, StreamOutcome, dialled_url

_CONNECT_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 0.5
_MAX_UNSENT_BYTES = 500_000
"""Write buffer limit for a server that does not read: half a minute of audio."""


async def open_socket(
    url: str, signer: Signer, plain_hosts: tuple[str, ...]
) -> ClientConnection | StreamOutcome:
    """Connect; the upgrade is signed over the URL as given."""
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            return await connect(
                dialled_url(url, plain_hosts),
                additional_headers=signer.headers(url),
                user_agent_header="Twilio.TmeWs/1.0",
                compression=None,
                proxy=None,
                open_timeout=None,
                ping_interval=None,
                close_timeout=_CLOSE_TIMEOUT_S,
                max_size=None,
            )
    except TimeoutError:
        return StreamOutcome(StreamEnd.FAILED, 31901, "connection timed out")
    except InvalidURI as error:
        return StreamOutcome(StreamEnd.FAILED, 31923, str(error))
    except (InvalidHandshake, EOFError) as error:
        return StreamOutcome(StreamEnd.FAILED, 31920, f"handshake failed: {error}")
    except OSError as error:
        return StreamOutcome(StreamEnd.FAILED, 31902, f"connection refused: {error}")


def close_outcome(closed: ConnectionClosed) -> StreamOutcome:
    """The stream outcome of a closed connection."""
    if closed.rcvd is None and closed.sent is None:
        return StreamOutcome(StreamEnd.LOST, 31903, "connection lost")
    if closed.rcvd is None or not closed.rcvd_then_sent:
        return StreamOutcome(StreamEnd.FAILED, 31924, f"protocol error: {closed}")
    return StreamOutcome(StreamEnd.CLOSED, 31921, "the server closed the socket")


class StreamWriter:
    """Writes messages in order; a delayed message also delays those after it.

    Thousands of frames a second are written directly to their sockets, without a task or queue per frame.
    """

    def __init__(self, socket: ClientConnection, on_full: Callable[[], None]) -> None:
        self._socket = socket
        self._on_full = on_full
        self._delayed: deque[tuple[float, str]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def write(self, message: str, delay_ms: float = 0.0) -> None:
        """Send now, or after `delay_ms`."""
        if not delay_ms and not self._delayed:
            self._send(message)
            return
        self._delayed.append((self._loop.time() + delay_ms / 1000, message))
        if self._timer is None:
            self._timer = self._loop.call_at(self._delayed[0][0], self._send_due)

    def abort(self) -> None:
        """Drop the connection without a closing handshake."""
        self._socket.transport.abort()

    async def close(self, last: str) -> None:
        """Send the delayed messages, the last message and the closing handshake."""
        if self._timer is not None:
            self._timer.cancel()
        for _, message in self._delayed:
            self._send(message)
        self._delayed.clear()
        self._send(last)
        try:
            async with asyncio.timeout(2 * _CLOSE_TIMEOUT_S):
                await self._socket.close()
        except TimeoutError:
            self._socket.transport.abort()

    def _send_due(self) -> None:
        now_s = self._loop.time()
        while self._delayed and self._delayed[0][0] <= now_s:
            self._send(self._delayed.popleft()[1])
        self._timer = self._loop.call_at(self._delayed[0][0], self._send_due) if self._delayed else None

    def _send(self, message: str) -> None:
        socket = self._socket
        if socket.protocol.state is not State.OPEN:
            return
        if socket.transport.get_write_buffer_size() > _MAX_UNSENT_BYTES:
            self._on_full()
            return
        # The same as send(), without waiting for the peer: a telephone line does not wait either.
        socket.protocol.send_text(message.encode())
        socket.send_data()
