"""The health check of a container, against a service that listens."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cli.free_port import free_port
from parley.healthcheck import problem_at
from parley.runtime.health import serve


async def test_only_a_service_that_is_ready_has_no_problem() -> None:
    """The reason is that of /readyz, or of the connection."""

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ready")

    async def stopping(_request: Request) -> Response:
        return PlainTextResponse("stopping", 503)

    routes = [Route("/readyz", ready), Route("/other", stopping)]
    async with serve(Starlette(routes=routes), "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}"
        assert await asyncio.to_thread(problem_at, f"{url}/readyz") == ""
        assert "HTTP 503: stopping" in await asyncio.to_thread(problem_at, f"{url}/other")
    assert "ConnectionRefused" in await asyncio.to_thread(
        problem_at, f"http://127.0.0.1:{free_port()}/readyz"
    )
