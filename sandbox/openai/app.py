"""The emulator's routes: POST /v1/chat/completions and GET /v1/models."""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.openai import wire
from sandbox.openai.scenario import ScenarioError, has_scenario, read_scenario, scenario_names
from sandbox.openai.settings import OpenAISandboxSettings
from sandbox.openai.validation import find_error

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+")
_HANG_S = 600.0
_FAULT_TOKEN = 2
"""Faults within a stream occur before the token with this index."""


@dataclass(frozen=True, slots=True)
class _ChatRequest:
    """A valid request with its scripted answer."""

    completion: wire.Completion
    call_sid: str
    received_s: float
    """Monotonic."""
    received_at_us: int
    """UTC wall clock, microseconds."""
    fault: str


class OpenAIEmulator:
    """Serves chat completions. Keys that begin with `bad` are invalid, models that do are not found."""

    def __init__(self, settings: OpenAISandboxSettings) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._faults = 0

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._create_completion, methods=["POST"]),
                Route("/v1/models", self._list_models),
                *sandbox_routes(self.journal, self.runtime_settings),
            ],
            exception_handlers={ClientDisconnect: _client_disconnected},
        )

    async def _list_models(self, request: Request) -> Response:
        if unauthorized := _check_key(request):
            return unauthorized
        names = sorted({*scenario_names(), self.runtime_settings.current.scenario})
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in names]
        return JSONResponse({"object": "list", "data": models})

    async def _create_completion(self, request: Request) -> Response:
        received_s, received_at_us = time.monotonic(), time.time_ns() // 1000
        if unauthorized := _check_key(request):
            return unauthorized
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.")
        if error := find_error(body):
            return _error(400, error.message, error.param, error.code)
        if self.runtime_settings.current.llm_refuse and self._take_fault(body["model"]):
            return _error(self.runtime_settings.current.llm_refuse, "Rejected by the sandbox's settings.")
        if body["model"].startswith("bad"):
            return _error(404, f"The model `{body['model']}` does not exist or you do not have access to it.")
        try:
            chat = self._prepare(body, received_s, received_at_us)
        except ScenarioError as scenario_error:
            return _error(500, str(scenario_error))
        # Dated back to the arrival, because first_token_ms counts from there.
        self._note("request", chat, at_us=chat.received_at_us)
        if chat.fault == "refuse":
            return _error(500, "Rejected by the scenario.")
        if chat.fault == "hang" and await _disconnected(request, _HANG_S):
            self._note("cancelled", chat)
            return Response(status_code=499)
        if not body.get("stream"):
            return await self._answer_whole(chat, request)
        return StreamingResponse(self._stream(chat), media_type="text/event-stream")

    def _take_fault(self, model: str) -> bool:
        """Whether this request gets the configured fault; counts it if so."""
        settings = self.runtime_settings.current
        if self._faults >= settings.llm_fault_requests or settings.llm_fault_model not in ("", model):
            return False
        self._faults += 1
        return True

    def _prepare(self, body: Mapping[str, Any], received_s: float, received_at_us: int) -> _ChatRequest:
        """Look up the scripted answer to a valid request body.

        Raises:
            ScenarioError: the scenario cannot be read.
        """
        settings = self.runtime_settings.current
        model, messages = body["model"], body["messages"]
        options, metadata = body.get("stream_options") or {}, body.get("metadata") or {}
        scenario = read_scenario(model if has_scenario(model) else settings.scenario)
        answer = scenario.answer(messages)
        completion = wire.Completion(
            id=f"chatcmpl-{uuid.uuid4().hex[:24]}",
            model=model,
            created_s=int(time.time()),
            answer=answer,
            include_usage=bool(options.get("include_usage")),
            prompt_tokens=sum(len(str(m.get("content") or "")) for m in messages) // 4,
            tokens=tuple(_TOKEN.findall(answer.text)),
        )
        call_sid = str(body.get("user") or metadata.get("call_sid") or "")
        fault = answer.fault or (settings.llm_fault if settings.llm_fault and self._take_fault(model) else "")
        return _ChatRequest(completion, call_sid, received_s, received_at_us, fault)

    async def _answer_whole(self, chat: _ChatRequest, request: Request) -> Response:
        disconnected = await _disconnected(request, self._due_in_s(chat, len(chat.completion.tokens)))
        self._note("cancelled" if disconnected else "done", chat)
        return JSONResponse(wire.full_response(chat.completion))

    async def _stream(self, chat: _ChatRequest) -> AsyncIterator[str]:
        outcome = "cancelled"
        completion = chat.completion
        tokens = completion.tokens
        sent_at_us: list[int] = []
        try:
            await self._wait_for_token(chat, 0)
            self._note("first_token", chat)
            opening = {"role": "assistant", "content": "" if tokens else None, "refusal": None}
            yield wire.chunk(completion, opening)
            for index, token in enumerate(tokens):
                chunk = wire.chunk(completion, {"content": token})
                await self._wait_for_token(chat, index)
                if index == _FAULT_TOKEN and chat.fault:
                    yield await _inject_fault(chat.fault)
                sent_at_us.append(time.time_ns() // 1000)
                yield chunk
            if chat.fault and len(tokens) <= _FAULT_TOKEN:
                yield await _inject_fault(chat.fault)
            for delta in wire.tool_deltas(completion.answer):
                yield wire.chunk(completion, delta)
            yield wire.chunk(completion, {}, wire.finish_reason(completion.answer))
            if completion.include_usage:
                yield wire.usage_chunk(completion)
            yield wire.DONE
            outcome = "done"
        finally:
            self._note(outcome, chat, tokens=tokens, sent_at_us=sent_at_us)

    async def _wait_for_token(self, chat: _ChatRequest, index: int) -> None:
        await asyncio.sleep(self._due_in_s(chat, index))

    def _due_in_s(self, chat: _ChatRequest, index: int) -> float:
        """Seconds until a token is due; due times count from the request's arrival."""
        settings = self.runtime_settings.current
        wait_ms = chat.completion.answer.wait_ms
        first_ms = settings.first_token_ms if wait_ms is None else wait_ms
        due_s = chat.received_s + first_ms / 1000 + index / settings.tokens_per_s
        return max(0.0, due_s - time.monotonic())

    def _note(self, kind: str, chat: _ChatRequest, **more: Any) -> None:
        self.journal.note(kind, call_sid=chat.call_sid, id=chat.completion.id, **more)


def _check_key(request: Request) -> Response | None:
    """The response to an invalid key; None if the key is valid."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not key or key.startswith("bad"):
        return _error(401, f"Incorrect API key provided: {key[:3]}***.")
    return None


async def _client_disconnected(_request: Request, _error: Exception) -> Response:
    """Handle a disconnect before the request body is complete, as after a cancelled speculation.

    Without it the server would log an error.
    """
    return Response(status_code=499)


async def _disconnected(request: Request, within_s: float) -> bool:
    """Wait until the client disconnects or the time is up; True if it disconnected."""
    try:
        async with asyncio.timeout(within_s):
            # The body has been read, so the next message is the disconnect.
            await request.receive()
    except TimeoutError:
        return False
    return True


async def _inject_fault(fault: str) -> str:
    """Hang or raise, or return what the stream sends in place of a chunk."""
    match fault:
        case "hang_mid":
            await asyncio.sleep(_HANG_S)
        case "close_mid":
            # The server leaves the chunked body unfinished, which clients see as a lost connection.
            raise ConnectionResetError("closed by the sandbox's settings")
        case "error_mid":
            return wire.sse(wire.error(500, "The server had an error while processing your request."))
        case "garbage":
            return "data: {this is no JSON\n\n"
        case _:
            pass
    return ": nothing\n\n"


def _error(status: int, message: str, param: str | None = None, code: str | None = None) -> Response:
    headers = {"x-request-id": f"req_{uuid.uuid4().hex}"}
    if status == 429:
        headers["retry-after"] = "1"
    return JSONResponse(wire.error(status, message, param, code), status_code=status, headers=headers)
