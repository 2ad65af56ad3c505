"""HTTP servers of a process, with /livez, /readyz and /metrics."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from parley.errors import ConfigError

_START_POLL_INTERVAL_S = 0.01
_CANCEL_TIMEOUT_S = 1.0
_KEEP_ALIVE_S = 75
"""Longer than the usual idle time of load balancers (60 s): the balancer must close first, or it sends a
request on a connection that is closing and answers 502."""
_ACCEPT_ITERATIONS = 5
"""A connection just accepted needs three iterations of the loop to reach its protocol and be closed."""


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """The routes by which an orchestrator and Prometheus observe a process."""

    registry: CollectorRegistry
    ready: Callable[[], str]
    """Returns why the process is not ready; empty if it is ready."""

    def probes(self) -> list[Route]:
        """/livez and /readyz, which a public port may serve."""
        return [Route("/livez", self._livez), Route("/readyz", self._readyz)]

    def routes(self) -> list[Route]:
        """The probes and /metrics."""
        return [*self.probes(), Route("/metrics", self._metrics)]

    async def _livez(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _readyz(self, _request: Request) -> Response:
        reason = self.ready()
        return PlainTextResponse(reason or "ready", status_code=503 if reason else 200)

    async def _metrics(self, request: Request) -> Response:
        """In the OpenMetrics format, which has exemplars, if the client accepts it."""
        write, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(write(self.registry), media_type=media_type)


def health_app(health: HealthRoutes) -> ASGIApp:
    """An app that has only the three routes."""
    return Starlette(routes=health.routes())


@asynccontextmanager
async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    setting: str = "port",
    drain_timeout_s: float = 5.0,
    reuse_port: bool = False,
    stop_accepting: asyncio.Event | None = None,
    max_message_bytes: int = 1024 * 1024,
) -> AsyncIterator[int]:
    """Serve an app while entered; yields the port.

    Args:
        app: what to serve.
        host: address to listen on.
        port: 0 for any free port.
        setting: name of the port's setting, for the error text.
        drain_timeout_s: how long open requests may take on exit.
        reuse_port: allow other processes to listen on the same port.
        stop_accepting: once set, no new connection is accepted; open ones continue.
        max_message_bytes: limit on a WebSocket message, beyond which the connection is closed with 1009.

    Raises:
        ConfigError: the address cannot be used, for example because the port is in use.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws_per_message_deflate=False,
        ws_max_size=max_message_bytes,
        timeout_graceful_shutdown=int(drain_timeout_s),
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
    )
    server = uvicorn.Server(config)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        # uvicorn closes the socket as well, but not when it is cancelled.
        sock = stack.enter_context(closing(_bind(host, port, setting, reuse_port=reuse_port)))
        stack.push_async_callback(_close_connections, server)
        serving = tasks.create_task(server._serve([sock]))  # noqa: SLF001 - serve() installs signal handlers
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(_START_POLL_INTERVAL_S)
        accepting = (
            tasks.create_task(_stop_accepting(server, sock, stop_accepting)) if stop_accepting else None
        )
        try:
            yield int(sock.getsockname()[1])
        finally:
            await _let_accepted_connections_attach(sock)
            server.should_exit = True
            if accepting is not None:
                accepting.cancel()


async def _let_accepted_connections_attach(sock: socket.socket) -> None:
    """Accept nothing more, and finish what was accepted in this iteration of the loop.

    Python before 3.12 leaves open a connection that is accepted in the iteration in which its server closes.
    """
    if sock.fileno() < 0:
        return
    asyncio.get_running_loop().remove_reader(sock)
    for _ in range(_ACCEPT_ITERATIONS):
        await asyncio.sleep(0)


async def _close_connections(server: uvicorn.Server) -> None:
    """Close what uvicorn leaves open when it is cancelled, or when requests outlast the drain timeout."""
    for listening in getattr(server, "servers", ()):
        listening.close()
    requests = list(server.server_state.tasks)
    for request in requests:
        request.cancel()
    if requests:
        # A cancelled handler may still send its last message.
        await asyncio.wait(requests, timeout=_CANCEL_TIMEOUT_S)
    for _ in range(_ACCEPT_ITERATIONS):
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)


def _bind(host: str, port: int, setting: str, *, reuse_port: bool) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if reuse_port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise ConfigError(f"{setting}: cannot listen on {host}:{port}: {error.strerror}") from None
    sock.set_inheritable(True)
    return sock


async def _stop_accepting(server: uvicorn.Server, sock: socket.socket, stop_accepting: asyncio.Event) -> None:
    await stop_accepting.wait()
    for listening in server.servers:
        listening.close()
    # The kernel assigns connections to a listening socket until its last handle is closed.
    sock.close()
