"""A target of Prometheus with metrics from a text."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from parley.runtime.health import serve


@dataclass(slots=True)
class Exporter:
    """Serves a text, which can be replaced, as /metrics."""

    text: str

    async def _metrics(self, _request: Request) -> Response:
        return PlainTextResponse(self.text)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve on loopback; yields host and port."""
        routes = [Route("/metrics", self._metrics)]
        async with serve(Starlette(routes=routes), "127.0.0.1", 0) as port:
            yield f"127.0.0.1:{port}"
