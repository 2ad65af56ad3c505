"""The HTTP service that implements the agent's tool, and can be made to fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parley.runtime.health import serve


@dataclass(slots=True)
class Tool:
    """The service; it answers at once."""

    fails: bool = False
    """Whether it answers with status 500."""

    async def _answer(self, _request: Request) -> Response:
        return JSONResponse({"done": not self.fails}, status_code=500 if self.fails else 200)

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve on loopback; yields the URL."""
        async with serve(
            Starlette(routes=[Route("/", self._answer, methods=["POST"])]), "127.0.0.1", 0
        ) as port:
            yield f"http://127.0.0.1:{port}/"
