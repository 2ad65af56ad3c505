"""A server that ends closes the connections that it accepted, whatever its peers and handlers do."""

import asyncio
import gc
import socket
import warnings
from contextlib import AbstractAsyncContextManager, nullcontext

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from parley.runtime.health import serve
from tests.tcp_server import tcp_server

_REQUEST = b"GET /%s HTTP/1.1\r\nhost: localhost\r\n\r\n"
_MORE_THAN_BUFFERS = 50 * 1024 * 1024


async def never(_request: Request) -> Response:
    """Never respond."""
    await asyncio.Event().wait()
    return PlainTextResponse("")


async def endless(_request: Request) -> Response:
    """Send more than a peer that reads nothing takes."""
    return PlainTextResponse(b"x" * _MORE_THAN_BUFFERS)


async def hello(_request: Request) -> Response:
    """Respond; the connection is kept alive."""
    return PlainTextResponse("hello")


async def silent(socket: WebSocket) -> None:
    """Accept a WebSocket and say nothing."""
    await socket.accept()
    await asyncio.Event().wait()


APP = Starlette(
    routes=[
        Route("/never", never),
        Route("/endless", endless),
        Route("/hello", hello),
        WebSocketRoute("/socket", silent),
    ]
)


async def assert_closed(reader: asyncio.StreamReader) -> None:
    """Check that the server closed the connection."""
    try:
        async with asyncio.timeout(30):
            while await reader.read(1 << 20):
                pass
    except ConnectionError:
        pass


@pytest.mark.parametrize("path", [b"hello", b"never", b"endless", b""])
@pytest.mark.parametrize("failing", [False, True])
async def test_an_http_server_closes_its_connections(path: bytes, failing: bool) -> None:
    """It does so after its drain timeout, and at once if its owner fails; b"" sends no request."""
    with pytest.RaisesGroup(LookupError) if failing else nullcontext():
        async with serve(APP, "127.0.0.1", 0, drain_timeout_s=1) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            if path:
                writer.write(_REQUEST % path)
            if path in (b"hello", b"endless"):
                await reader.readuntil(b"\r\n\r\n")
            if failing:
                raise LookupError
    await assert_closed(reader)
    writer.transport.abort()


@pytest.mark.parametrize("failing", [False, True])
async def test_an_http_server_closes_its_websockets(failing: bool) -> None:
    """Also if the handler never returns."""
    with pytest.RaisesGroup(LookupError) if failing else nullcontext():
        async with serve(APP, "127.0.0.1", 0, drain_timeout_s=1) as port:
            socket = await connect(f"ws://127.0.0.1:{port}/socket")
            if failing:
                raise LookupError
    async with asyncio.timeout(30):
        await socket.wait_closed()


async def test_a_tcp_server_closes_its_connections() -> None:
    """Also a connection that was just accepted, and a connection with a peer that reads nothing."""
    handled = asyncio.Event()

    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * _MORE_THAN_BUFFERS)
        handled.set()

    async with tcp_server(flood) as port:
        first = await asyncio.open_connection("127.0.0.1", port)
        await handled.wait()
        last = await asyncio.open_connection("127.0.0.1", port)
    for reader, writer in (first, last):
        await assert_closed(reader)
        writer.transport.abort()


def serving(kind: str) -> AbstractAsyncContextManager[int]:
    """A server of HTTP or of TCP."""
    return serve(APP, "127.0.0.1", 0, drain_timeout_s=1) if kind == "http" else tcp_server(until_closed)


async def until_closed(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Read until the peer closes the connection."""
    await reader.read()


@pytest.mark.parametrize("kind", ["http", "tcp"])
@pytest.mark.parametrize("iterations", range(6))
def test_connections_accepted_while_the_server_ends(kind: str, iterations: int) -> None:
    """Each iteration of the loop between the connection and the end is another step of its acceptance."""

    async def run() -> None:
        async with serving(kind) as port:
            peers = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
            for _ in range(iterations):
                await asyncio.sleep(0)
        for peer in peers:
            peer.close()

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        asyncio.run(run())
        gc.collect()


async def test_the_failure_of_a_tcp_servers_handler_is_raised() -> None:
    """A fault in a test's server does not pass for a fault of its peer."""

    async def fail(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        raise LookupError

    async def call() -> None:
        async with tcp_server(fail) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await assert_closed(reader)
            writer.close()

    with pytest.raises(LookupError):
        await call()
