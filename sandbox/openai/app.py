"""The emulator's routes: chat completions, responses, embeddings and models, for each server."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.openai import errors
from sandbox.openai.chat import ChatEndpoint
from sandbox.openai.embeddings import EmbeddingsEndpoint
from sandbox.openai.errors import ApiError
from sandbox.openai.exchange import Exchanges
from sandbox.openai.models import find_family, has_ended, listed_models, model_object
from sandbox.openai.realtime import models as realtime_models
from sandbox.openai.realtime.endpoint import RealtimeEndpoint
from sandbox.openai.responses import ResponsesEndpoint
from sandbox.openai.scenario import read_scenario
from sandbox.openai.servers.registry import SERVERS
from sandbox.openai.servers.server import Server
from sandbox.openai.settings import OpenAISandboxSettings
from sandbox.recognition.lazy_recogniser import LazyRecogniser
from sandbox.recognition.utterances import utterances_route

_BAD_JSON = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
    "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
)


class OpenAIEmulator:
    """Serves the APIs of OpenAI and of similar servers. Keys that begin with `bad` are invalid."""

    def __init__(self, settings: OpenAISandboxSettings) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        exchanges = Exchanges(self.journal, self.runtime_settings)
        self.exchanges = exchanges
        self._chat = ChatEndpoint(exchanges)
        self._responses = ResponsesEndpoint(exchanges)
        self.embeddings = EmbeddingsEndpoint()
        self.recogniser = LazyRecogniser(settings)
        self._realtime = RealtimeEndpoint(exchanges, self.recogniser)

    def app(self, more: Sequence[BaseRoute] = ()) -> Starlette:
        """Build the ASGI application with all routes; `more` are those of other providers."""
        own = Route("/sandbox/calls/{call_sid}/scenario", self._set_scenario, methods=["PUT"])
        routes = [*sandbox_routes(self.journal, self.runtime_settings), own, *self._routes("/v1", "")]
        routes.append(utterances_route(self.recogniser.oracle))
        routes.append(WebSocketRoute("/v1/realtime", self._realtime.serve))
        for server in SERVERS.values():
            for path in server.paths:
                routes += self._routes(path, server.name)
        routes += more
        deployment = "/azure/openai/deployments/{deployment}/chat/completions"
        routes.append(self._route(deployment, self._create_chat, "azure", "POST"))
        handlers: dict[Any, Any] = {
            ClientDisconnect: _client_disconnected,
            404: _unknown_address,
            405: _wrong_method,
        }
        return Starlette(routes=routes, exception_handlers=handlers)

    def _routes(self, path: str, name: str) -> list[BaseRoute]:
        """The routes of a server, or of the configured one if no name is given."""
        return [
            self._route(f"{path}/chat/completions", self._create_chat, name, "POST"),
            self._route(f"{path}/responses", self._create_response, name, "POST"),
            self._route(f"{path}/embeddings", self._create_embeddings, name, "POST"),
            self._route(f"{path}/models", self._list_models, name, "GET"),
            self._route(f"{path}/models/{{model:path}}", self._get_model, name, "GET"),
        ]

    def _route(self, path: str, endpoint: Any, name: str, method: str) -> BaseRoute:
        async def handle(request: Request) -> Response:
            server = SERVERS[name or self.runtime_settings.current.llm_server]
            if error := _key_error(request):
                return _refused(server, error)
            response: Response = await endpoint(request, server)
            for header, value in _headers().items():
                response.headers.setdefault(header, value)
            return response

        return Route(path, handle, methods=[method])

    async def _set_scenario(self, request: Request) -> Response:
        """Set the scenario of all agents of one call: `{"scenario": NAME or path}`."""
        try:
            name = str((await request.json())["scenario"])
            read_scenario(name)
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        self.exchanges.set_scenario(request.path_params["call_sid"], name)
        return Response(status_code=204)

    async def _create_chat(self, request: Request, server: Server) -> Response:
        try:
            body = await _json(request)
        except ValueError:
            return _refused(server, ApiError(_BAD_JSON))
        if "deployment" in request.path_params and isinstance(body, dict):
            body["model"] = request.path_params["deployment"]
        return await self._chat.create(body, server, request)

    async def _create_response(self, request: Request, server: Server) -> Response:
        if server.name not in ("openai", "azure"):
            return JSONResponse({"detail": "Not Found"}, status_code=404)
        try:
            body = await _json(request)
        except ValueError:
            return _refused(server, ApiError(_BAD_JSON))
        return await self._responses.create(body, server, request)

    async def _create_embeddings(self, request: Request, server: Server) -> Response:
        try:
            body = await _json(request)
        except ValueError:
            return _refused(server, ApiError(_BAD_JSON))
        if status := self.runtime_settings.current.llm_refuse:
            return _refused(server, errors.of_status(status, "Rejected by the sandbox's settings."))
        return self.embeddings.create(body)

    async def _list_models(self, _request: Request, _server: Server) -> Response:
        today = self._today()
        data = [*listed_models(today), *realtime_models.listed_models(today)]
        return JSONResponse({"object": "list", "data": data})

    async def _get_model(self, request: Request, server: Server) -> Response:
        name = request.path_params["model"]
        if spoken := realtime_models.find_family(name, self._today()):
            return JSONResponse(realtime_models.model_object(name, spoken))
        family = find_family(name)
        if family is None:
            return _refused(server, errors.model_not_found(name))
        if has_ended(family, self._today()):
            return _refused(server, errors.model_ended(name))
        return JSONResponse(model_object(name, family))

    def _today(self) -> date:
        return self.runtime_settings.current.llm_date or datetime.now(UTC).date()


def _headers() -> dict[str, str]:
    """Headers of every answer."""
    return {
        "x-request-id": f"req_{uuid.uuid4().hex}",
        "openai-version": "2020-10-01",
        "openai-organization": "org-sandbox",
        "openai-processing-ms": "1",
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
    }


async def _json(request: Request) -> Any:
    """The body of a request; raises ValueError if it is not JSON, or has text that is not Unicode."""
    body = await request.json()
    str(body).encode()
    return body


def _key_error(request: Request) -> ApiError | None:
    """The error for an invalid key; None if the key is valid. Azure's clients send it as `api-key`."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get(
        "api-key", ""
    )
    return errors.invalid_key(key) if not key or key.startswith("bad") else None


def _refused(server: Server, error: ApiError) -> Response:
    refusal = server.refusal(error)
    headers = {"x-request-id": f"req_{uuid.uuid4().hex}"}
    return JSONResponse(refusal.body, status_code=refusal.status, headers=headers)


async def _unknown_address(request: Request, _error: Exception) -> Response:
    """Answer as OpenAI does, for example to a base URL without `/v1`."""
    text = f"Invalid URL ({request.method} {request.url.path})"
    return JSONResponse(ApiError(text).body, status_code=404)


async def _wrong_method(request: Request, _error: Exception) -> Response:
    text = f"Not allowed to {request.method} on {request.url.path}."
    return JSONResponse(ApiError(text).body, status_code=405)


async def _client_disconnected(_request: Request, _error: Exception) -> Response:
    """Handle a disconnect before the request body is complete, as after a cancelled speculation.

    Without it the server would log an error.
    """
    return Response(status_code=499)
