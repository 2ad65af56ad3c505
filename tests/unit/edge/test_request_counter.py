"""Requests are counted by route and status."""

import httpx
import pytest
from fastapi import FastAPI, Response
from prometheus_client import CollectorRegistry
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.edge.metrics import EdgeMetrics
from services.edge.request_counter import RequestCounter


async def requested(*requests: tuple[str, str]) -> dict[tuple[str, str], float]:
    """The counts after these requests, by route and status."""

    async def voice() -> Response:
        return Response(status_code=403)

    async def fails() -> Response:
        raise ValueError

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/voice", voice, methods=["POST"])
    app.add_api_route("/status", fails, methods=["POST"])
    app.router.routes.append(Route("/livez", lambda _request: PlainTextResponse("ok")))
    registry = CollectorRegistry()
    transport = httpx.ASGITransport(RequestCounter(app, EdgeMetrics(registry)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://edge") as client:
        for method, path in requests:
            await client.request(method, path)
    return {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == "parley_webhook_requests_total"
    }


@pytest.mark.parametrize(
    ("requests", "counts"),
    [
        ([("POST", "/voice?agent=a"), ("POST", "/voice?agent=b")], {("/voice", "403"): 2}),
        ([("GET", "/voice")], {("/voice", "405"): 1}),
        ([("POST", "/status")], {("/status", "500"): 1}),
        ([("GET", f"/{n}.php") for n in range(50)], {("other", "404"): 50}),
        ([("GET", "/livez")], {}),
    ],
)
async def test_requests_are_counted_by_route_and_status(
    requests: list[tuple[str, str]], counts: dict[tuple[str, str], float]
) -> None:
    """Scanners add one series, whatever they request; probes add none."""
    assert await requested(*requests) == counts
