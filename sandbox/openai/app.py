"""POST /v1/chat/completions and GET /v1/models as OpenAI serves them."""

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
from sandbox.openai.validation import wrong

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+")
_HANG_S = 600.0
_FAULTY_TOKEN = 2
"""Faults within a stream come after two tokens."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request."""

    completion: wire.Completion
    call_sid: str
    arrived_s: float
    """Monotonic."""
    arrived_at_us: int
    """UTC wall clock, microseconds."""
    fault: str


class ChatCompletions:
    """The stand-in. A key that begins with `bad` is refused, a model that begins with `bad` is not known."""

    def __init__(self, settings: OpenAISandboxSettings) -> None:
        self.journal = Journal()
        self.dials = RuntimeSettings(settings)
        self._faults = 0

    def app(self) -> Starlette:
        """All routes."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models),
                *sandbox_routes(self.journal, self.dials),
            ],
            exception_handlers={ClientDisconnect: _left},
        )

    async def _models(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        names = sorted({*scenario_names(), self.dials.current.scenario})
        models = [{"id": name, "object": "model", "created": 0, "owned_by": "sandbox"} for name in names]
        return JSONResponse({"object": "list", "data": models})

    async def _complete(self, request: Request) -> Response:
        arrived = time.monotonic(), time.time_ns() // 1000
        if refusal := self._refusal(request):
            return refusal
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.")
        if refused := wrong(body):
            return _error(400, refused.message, refused.param, refused.code)
        if self.dials.current.llm_refuse and self._faulty(body["model"]):
            return _error(self.dials.current.llm_refuse, "Refused by the sandbox's settings.")
        if body["model"].startswith("bad"):
            return _error(404, f"The model `{body['model']}` does not exist or you do not have access to it.")
        try:
            asked = self._asked(body, *arrived)
        except ScenarioError as error:
            return _error(500, str(error))
        # The first token is due so long after this: what we do with the request meanwhile is part of it.
        self._note("request", asked, at_us=asked.arrived_at_us)
        if asked.fault == "refuse":
            return _error(500, "Refused by the scenario.")
        if asked.fault == "hang" and await _gone(request, _HANG_S):
            self._note("cancelled", asked)
            return Response(status_code=499)
        if not body.get("stream"):
            return await self._whole(asked, request)
        return StreamingResponse(self._stream(asked), media_type="text/event-stream")

    def _refusal(self, request: Request) -> Response | None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or key.startswith("bad"):
            return _error(401, f"Incorrect API key provided: {key[:3]}***.")
        return None

    def _faulty(self, model: str) -> bool:
        now = self.dials.current
        if self._faults >= now.llm_fault_requests or now.llm_fault_model not in ("", model):
            return False
        self._faults += 1
        return True

    def _asked(self, body: Mapping[str, Any], arrived_s: float, arrived_at_us: int) -> _Asked:
        now = self.dials.current
        model, messages = body["model"], body["messages"]
        options, metadata = body.get("stream_options") or {}, body.get("metadata") or {}
        scenario = read_scenario(model if has_scenario(model) else now.scenario)
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
        fault = answer.fault or (now.llm_fault if now.llm_fault and self._faulty(model) else "")
        return _Asked(completion, call_sid, arrived_s, arrived_at_us, fault)

    async def _whole(self, asked: _Asked, request: Request) -> Response:
        gone = await _gone(request, self._due_in_s(asked, len(asked.completion.tokens)))
        self._note("cancelled" if gone else "done", asked)
        return JSONResponse(wire.whole(asked.completion))

    async def _stream(self, asked: _Asked) -> AsyncIterator[str]:
        ended = "cancelled"
        completion = asked.completion
        tokens = completion.tokens
        sent_at_us: list[int] = []
        try:
            await self._wait_for(asked, 0)
            self._note("first_token", asked)
            opening = {"role": "assistant", "content": "" if tokens else None, "refusal": None}
            yield wire.chunk(completion, opening)
            for number, token in enumerate(tokens):
                chunk = wire.chunk(completion, {"content": token})
                await self._wait_for(asked, number)
                if number == _FAULTY_TOKEN and asked.fault:
                    yield await _misbehave(asked.fault)
                sent_at_us.append(time.time_ns() // 1000)
                yield chunk
            if asked.fault and len(tokens) <= _FAULTY_TOKEN:
                yield await _misbehave(asked.fault)
            for delta in wire.tool_deltas(completion.answer):
                yield wire.chunk(completion, delta)
            yield wire.chunk(completion, {}, wire.finish_reason(completion.answer))
            if completion.include_usage:
                yield wire.usage_chunk(completion)
            yield wire.DONE
            ended = "done"
        finally:
            self._note(ended, asked, tokens=tokens, sent_at_us=sent_at_us)

    async def _wait_for(self, asked: _Asked, token: int) -> None:
        await asyncio.sleep(self._due_in_s(asked, token))

    def _due_in_s(self, asked: _Asked, token: int) -> float:
        """Until the n-th token, counted from the request's arrival."""
        now = self.dials.current
        wait_ms = asked.completion.answer.wait_ms
        first_ms = now.first_token_ms if wait_ms is None else wait_ms
        due_s = asked.arrived_s + first_ms / 1000 + token / now.tokens_per_s
        return max(0.0, due_s - time.monotonic())

    def _note(self, kind: str, asked: _Asked, **more: Any) -> None:
        self.journal.note(kind, call_sid=asked.call_sid, id=asked.completion.id, **more)


async def _left(_request: Request, _error: Exception) -> Response:
    """Who leaves before all is asked, as after a wrong guess, has no fault of ours to see."""
    return Response(status_code=499)


async def _gone(request: Request, within_s: float) -> bool:
    """Whether the client goes away in that time."""
    try:
        async with asyncio.timeout(within_s):
            # The body has been read: the next message is the connection's end.
            await request.receive()
    except TimeoutError:
        return False
    return True


async def _misbehave(fault: str) -> str:
    match fault:
        case "hang_mid":
            await asyncio.sleep(_HANG_S)
        case "close_mid":
            # The server leaves the chunked body unfinished: clients meet a lost connection.
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
