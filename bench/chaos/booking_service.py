"""The HTTP service that implements the agent's tool: slow, idempotent by key; counts its effects."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from parley.runtime.health import serve

RESPONSE_TIME_S = 0.8


@dataclass(slots=True)
class BookingService:
    """Counts requests by idempotency key."""

    requests: Counter[str] = field(default_factory=Counter)
    """Number of requests with each key; only the first has an effect."""

    def effects(self, call_sid: str) -> int:
        """Number of changes made for a call."""
        return sum(key.startswith(f"{call_sid}:") for key in self.requests)

    async def change(self, request: Request) -> Response:
        """Handle a request of the tool."""
        self.requests[request.headers["idempotency-key"]] += 1
        await asyncio.sleep(RESPONSE_TIME_S)
        return JSONResponse({"done": True})

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve on loopback; yields the URL."""
        app = Starlette(routes=[Route("/", self.change, methods=["POST"])])
        async with serve(app, "127.0.0.1", 0) as port:
            yield f"http://127.0.0.1:{port}/"
