"""Serve /livez, /readyz and /metrics."""

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


@dataclass(frozen=True, slots=True)
class HealthRoutes:
    """What a process says of itself."""

    registry: CollectorRegistry
    ready: Callable[[], str]
    """Empty when ready, else the reason why not."""

    def routes(self) -> list[Route]:
        """The three routes."""
        return [
            Route("/livez", self._livez),
            Route("/readyz", self._readyz),
            Route("/metrics", self._metrics),
        ]

    async def _livez(self, _request: Request) -> Response:
        return PlainTextResponse("ok")

    async def _readyz(self, _request: Request) -> Response:
        reason = self.ready()
        return PlainTextResponse(reason or "ready", status_code=503 if reason else 200)

    async def _metrics(self, request: Request) -> Response:
        """In OpenMetrics' format, which alone has exemplars, for whoever asks for it."""
        write, media_type = choose_encoder(request.headers.get("accept", ""))
        return Response(write(self.registry), media_type=media_type)


def health_app(health: HealthRoutes) -> ASGIApp:
    """An app of only the three routes."""
    return Starlette(routes=list(health.routes()))


@asynccontextmanager
async def serve(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    drain_timeout_s: float = 5.0,
    reuse_port: bool = False,
    stop_accepting: asyncio.Event | None = None,
) -> AsyncIterator[int]:
    """Serve an app while entered; gives the port (of use when 0 was asked for).

    Args:
        app: what to serve.
        host: address to listen on.
        port: 0 for any that is free.
        drain_timeout_s: how long requests that are being answered may take when it is left.
        reuse_port: let other processes listen on the same port.
        stop_accepting: once set, no new connection is accepted; open ones continue.

    Raises:
        OSError: the port is taken.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws_per_message_deflate=False,
        ws_max_size=1024 * 1024,
        timeout_graceful_shutdown=int(drain_timeout_s),
        server_header=False,
    )
    server = uvicorn.Server(config)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        # The server closes it too, but not when it is cancelled.
        sock = stack.enter_context(closing(_bound(host, port, shared=reuse_port)))
        serving = tasks.create_task(server._serve([sock]))  # noqa: SLF001 - serve() would take the signals
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        closing_early = (
            tasks.create_task(_close_early(server, sock, stop_accepting)) if stop_accepting else None
        )
        try:
            yield int(sock.getsockname()[1])
        finally:
            server.should_exit = True
            if closing_early is not None:
                closing_early.cancel()


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


async def _close_early(server: uvicorn.Server, sock: socket.socket, until: asyncio.Event) -> None:
    await until.wait()
    for listening in server.servers:
        listening.close()
    # As long as any handle is open the kernel goes on giving it connections.
    sock.close()
