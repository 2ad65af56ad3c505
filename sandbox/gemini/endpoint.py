"""The endpoints of the Gemini API: generateContent, streamGenerateContent and the models."""

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.gemini import errors, wire
from sandbox.gemini.contents import chat_messages, content_errors
from sandbox.gemini.errors import ApiError, response_to
from sandbox.gemini.fields import body_errors
from sandbox.gemini.models import Model, find_model, has_ended, listed, model_object
from sandbox.gemini.prefixes import SeenPrefixes
from sandbox.openai.exchange import Exchanges
from sandbox.openai.native import Question, Wire, prepare, respond
from sandbox.openai.scenario import ScenarioError

_METHODS = ("generateContent", "streamGenerateContent")
_MAX_BYTES = 20 * 1024**2


class GeminiEndpoints:
    """Answers from the same scenarios as the OpenAI emulator. Keys that begin with `bad` are invalid."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._seen = SeenPrefixes()

    def routes(self, path: str) -> list[BaseRoute]:
        """The routes below a path."""
        return [
            Route(f"{path}/v1beta/models", self._list),
            Route(f"{path}/v1beta/models/{{name}}", self._get),
            Route(f"{path}/v1beta/models/{{name}}", self._create, methods=["POST"]),
        ]

    async def _list(self, request: Request) -> Response:
        if error := _key_error(request):
            return response_to(error)
        return JSONResponse({"models": listed(self._today())})

    async def _get(self, request: Request) -> Response:
        if error := _key_error(request):
            return response_to(error)
        name = request.path_params["name"]
        model = self._model(name)
        return response_to(_not_found(name)) if model is None else JSONResponse(model_object(name, model))

    async def _create(self, request: Request) -> Response:
        content = await request.body()
        if error := _key_error(request):
            return response_to(error)
        name, _, method = request.path_params["name"].rpartition(":")
        model = self._model(name)
        if model is None or method not in _METHODS:
            return response_to(_not_found(name))
        if len(content) > _MAX_BYTES:
            text = f"Request payload size exceeds the limit: {_MAX_BYTES} bytes."
            return response_to(ApiError(text, 413))
        try:
            body = json.loads(content)
            str(body).encode()
        except (ValueError, RecursionError):
            return response_to(ApiError("Invalid JSON payload received. Unexpected token."))
        if error := next(_errors(body, model), None):
            return response_to(error)
        if status := self._exchanges.take_refusal(name):
            return response_to(ApiError("Rejected by the sandbox's settings.", status))
        return await self._answer(body, name, model, request, streamed=method == "streamGenerateContent")

    async def _answer(
        self, body: Mapping[str, Any], name: str, model: Model, request: Request, *, streamed: bool
    ) -> Response:
        config = body.get("generationConfig") or {}
        question = Question(
            name,
            request.headers.get("x-client-request-id", ""),
            chat_messages(body),
            _offered(body),
            config.get("maxOutputTokens"),
            reasons=model.thinks(config.get("thinkingConfig") or {}),
            stops=config.get("stopSequences") or (),
        )
        try:
            prepared = prepare(self._exchanges, question, uuid.uuid4().hex)
        except ScenarioError as error:
            return response_to(ApiError(str(error), 500))
        if response := errors.faulty_response(prepared.exchange.faults):
            return response
        total, cached = self._seen.use(name, body)
        blocked = "prompt_filtered" in prepared.exchange.faults
        answer = wire.Answer(
            name, prepared.reply, prepared.exchange.id, total, cached, blocked, model.signatures
        )
        in_place = wire.faults_in_place()
        sent = Wire(lambda: wire.chunks(answer), wire.whole(answer), lambda: wire.endless(answer), in_place)
        if streamed and request.query_params.get("alt") != "sse":
            # Without `alt=sse` the stream is one JSON list.
            return JSONResponse([sent.whole])
        return await respond(self._exchanges, prepared, sent, request, streamed=streamed)

    def _model(self, name: str) -> Model | None:
        model = find_model(name)
        return None if model is None or has_ended(model, self._today()) else model

    def _today(self) -> date:
        return self._exchanges.settings.llm_date or datetime.now(UTC).date()


def _errors(body: Any, model: Model) -> Iterator[ApiError]:
    yield from body_errors(body, model)
    yield from content_errors(body, model)


def _key_error(request: Request) -> ApiError | None:
    key = request.headers.get("x-goog-api-key") or request.query_params.get("key", "")
    if not key:
        text = (
            "Method doesn't allow unregistered callers (callers without established identity). Please use API"
            " Key or other form of API consumer identity to call this API."
        )
        return ApiError(text, 403)
    if key.startswith("bad"):
        return ApiError("API key not valid. Please pass a valid API key.", 400, "API_KEY_INVALID")
    return None


def _not_found(name: str) -> ApiError:
    text = f"models/{name} is not found for API version v1beta, or is not supported for generateContent."
    return ApiError(f"{text} Call ListModels to see the list of available models and their methods.", 404)


def _offered(body: Mapping[str, Any]) -> list[str]:
    """Names of the functions that the model may call."""
    calling = (body.get("toolConfig") or {}).get("functionCallingConfig") or {}
    if calling.get("mode") == "NONE":
        return []
    names = [d["name"] for tool in body.get("tools") or () for d in tool.get("functionDeclarations") or ()]
    allowed = calling.get("allowedFunctionNames")
    return [name for name in names if allowed is None or name in allowed]
