"""Counts the requests to the edge's routes, whatever their outcome."""

from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.edge.metrics import EdgeMetrics

_PROBES = ("/livez", "/readyz")
_OTHER = "other"


class RequestCounter:
    """Wraps the app. A path without a route counts as `other`: scanners request any number of them."""

    def __init__(self, app: ASGIApp, metrics: EdgeMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and count it unless it is a probe or a WebSocket."""
        if scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR

        async def send_with_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_with_status)
        finally:
            # The router has set the route in the scope.
            self._metrics.requested(getattr(scope.get("route"), "path", _OTHER), status)
