"""The endpoints POST /v1/messages and GET /v1/models."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.anthropic import errors, wire
from sandbox.anthropic.cache import PromptCache
from sandbox.anthropic.chat import chat_messages
from sandbox.anthropic.errors import ApiError, response_to
from sandbox.anthropic.fields import body_errors, model_errors
from sandbox.anthropic.messages import message_errors
from sandbox.anthropic.models import Model, find_model, has_ended, listed, model_object
from sandbox.anthropic.thinking import sign
from sandbox.openai.exchange import Exchanges
from sandbox.openai.native import Question, Wire, prepare, respond
from sandbox.openai.scenario import ScenarioError

_VERSIONS = ("2023-06-01", "2023-01-01")
_MAX_BYTES = 32 * 1024**2


class AnthropicEndpoints:
    """Answers from the same scenarios as the OpenAI emulator. Keys that begin with `bad` are invalid."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._cache = PromptCache()

    def routes(self, path: str) -> list[BaseRoute]:
        """The routes below a path."""
        return [
            Route(f"{path}/v1/messages", self._create, methods=["POST"]),
            Route(f"{path}/v1/models", self._list),
            Route(f"{path}/v1/models/{{model}}", self._get),
        ]

    async def _list(self, request: Request) -> Response:
        if error := next(_header_errors(request), None):
            return response_to(error)
        return JSONResponse({"data": listed(self._today()), "has_more": False})

    async def _get(self, request: Request) -> Response:
        if error := next(_header_errors(request), None):
            return response_to(error)
        name = request.path_params["model"]
        model = find_model(name)
        if model is None or has_ended(model, self._today()):
            return response_to(ApiError(f"model: {name}", 404))
        return JSONResponse(model_object(name))

    async def _create(self, request: Request) -> Response:
        content = await request.body()
        if error := next(_header_errors(request), None):
            return response_to(error)
        if len(content) > _MAX_BYTES:
            return response_to(ApiError("Request exceeds the maximum size", 413))
        try:
            body = json.loads(content)
            str(body).encode()
        except (ValueError, RecursionError):
            return response_to(ApiError("The request body is not valid JSON"))
        if error := next(self._errors(body), None):
            return response_to(error)
        if status := self._exchanges.take_refusal(body["model"]):
            return response_to(ApiError("Rejected by the sandbox's settings.", status))
        return await self._answer(body, request)

    async def _answer(self, body: Mapping[str, Any], request: Request) -> Response:
        model = find_model(body["model"]) or Model(())
        thinking = (body.get("thinking") or {}).get("type")
        question = Question(
            body["model"],
            str((body.get("metadata") or {}).get("user_id") or ""),
            chat_messages(body),
            _offered(body),
            body["max_tokens"],
            reasons=model.thinks(thinking),
            stops=body.get("stop_sequences") or (),
        )
        message_id = wire.new_message_id()
        try:
            prepared = prepare(self._exchanges, question, message_id)
        except ScenarioError as error:
            return response_to(ApiError(str(error), 500))
        if response := errors.faulty_response(prepared.exchange.faults):
            return response
        total, cached, written = self._cache.use(body, model.min_cached)
        signature = sign(body, body["messages"])
        message = wire.Message(body["model"], prepared.reply, signature, total, cached, written, message_id)
        answer = Wire(
            chunks=lambda: wire.events(message),
            whole=wire.whole(message),
            endless=lambda: wire.endless(message),
            in_place=wire.faults_in_place(),
            event_name=lambda data: str(data.get("type", "")),
        )
        response = await respond(
            self._exchanges, prepared, answer, request, streamed=bool(body.get("stream"))
        )
        response.headers["request-id"] = f"req_{message_id.removeprefix('msg_')}"
        return response

    def _errors(self, body: Any) -> Iterator[ApiError]:
        yield from body_errors(body)
        model = find_model(body["model"])
        if model is None or has_ended(model, self._today()):
            yield ApiError(f"model: {body['model']}", 404)
            return
        yield from model_errors(body, model)
        yield from message_errors(body, model)

    def _today(self) -> date:
        return self._exchanges.settings.llm_date or datetime.now(UTC).date()


def _header_errors(request: Request) -> Iterator[ApiError]:
    key = request.headers.get("x-api-key", "")
    if not key:
        yield ApiError("x-api-key header is required", 401)
    if key.startswith("bad"):
        yield ApiError("invalid x-api-key", 401)
    version = request.headers.get("anthropic-version")
    if version is None:
        yield ApiError("anthropic-version: header is required")
    if version not in _VERSIONS:
        yield ApiError(f'anthropic-version: "{version}" is not a valid version')
    kind = request.headers.get("content-type", "")
    if request.method == "POST" and not kind.startswith("application/json"):
        yield ApiError("content-type: must be application/json")


def _offered(body: Mapping[str, Any]) -> list[str]:
    """Names of the tools that the model may call."""
    choice = body.get("tool_choice") or {}
    names = [tool["name"] for tool in body.get("tools") or ()]
    match choice.get("type"):
        case "none":
            return []
        case "tool":
            return [name for name in names if name == choice["name"]]
        case _:
            return names
