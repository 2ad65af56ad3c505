"""Serve /livez, /readyz and /metrics."""

import asyncio
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
class Health:
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


def health_app(health: Health) -> ASGIApp:
    """An app of only the three routes."""
    return Starlette(routes=list(health.routes()))


@asynccontextmanager
async def serve(app: ASGIApp, host: str, port: int, *, drain_timeout_s: float = 5.0) -> AsyncIterator[int]:
    """Serve an app while entered; gives the port (of use when 0 was asked for).

    Raises:
        OSError: the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
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
        sock = stack.enter_context(closing(config.bind_socket()))
        serving = tasks.create_task(server._serve([sock]))  # noqa: SLF001 - serve() would take the signals
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        try:
            yield int(sock.getsockname()[1])
        finally:
            server.should_exit = True
