"""POST /v1/chat/completions and GET /v1/models as OpenAI serves them."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.openai.scenario import Answer, has_scenario, read_scenario
from sandbox.openai.settings import OpenAISandboxSettings
from sandbox.stand_in import Dials, Journal, sandbox_routes

_TOKEN = re.compile(r"\s*\w+|\s*[^\w\s]+")
_HANG_S = 600.0
_ERROR_CODES = {401: "invalid_api_key", 402: "billing_hard_limit_reached", 429: "rate_limit_exceeded"}


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request."""

    model: str
    call_sid: str
    include_usage: bool
    answer: Answer
    arrived_s: float
    fault: str
    prompt_tokens: int
    id: str


class ChatCompletions:
    """The stand-in."""

    def __init__(self, settings: OpenAISandboxSettings) -> None:
        self.journal = Journal()
        self.dials = Dials(settings)
        self._faults = 0

    def app(self) -> Starlette:
        """All routes."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/v1/models", self._models),
                *sandbox_routes(self.journal, self.dials),
            ]
        )

    async def _models(self, request: Request) -> Response:
        if refusal := self._refusal(request):
            return refusal
        model = {"id": self.dials.now.scenario, "object": "model", "created": 0, "owned_by": "sandbox"}
        return JSONResponse({"object": "list", "data": [model]})

    async def _complete(self, request: Request) -> Response:
        arrived_s = time.monotonic()
        if refusal := self._refusal(request):
            return refusal
        try:
            body = await request.json()
        except ValueError:
            return _error(400, "We could not parse the JSON body of your request.", None)
        if wrong := _wrong(body):
            return _error(400, *wrong)
        asked = self._asked(body, arrived_s)
        self.journal.note("request", call_sid=asked.call_sid, id=asked.id)
        if asked.fault == "hang":
            await asyncio.sleep(_HANG_S)
        if not body.get("stream"):
            return await self._whole(asked)
        return StreamingResponse(self._stream(asked), media_type="text/event-stream")

    def _refusal(self, request: Request) -> Response | None:
        now = self.dials.now
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or key.startswith("bad"):
            return _error(401, f"Incorrect API key provided: {key[:3]}***.", None)
        if now.llm_refuse and self._faulty():
            return _error(now.llm_refuse, "Refused by the sandbox's settings.", None)
        return None

    def _faulty(self) -> bool:
        if self._faults >= self.dials.now.llm_fault_requests:
            return False
        self._faults += 1
        return True

    def _asked(self, body: Mapping[str, Any], arrived_s: float) -> _Asked:
        now = self.dials.now
        model = str(body["model"])
        scenario = read_scenario(model if has_scenario(model) else now.scenario)
        options, metadata = body.get("stream_options") or {}, body.get("metadata") or {}
        return _Asked(
            model=model,
            call_sid=str(body.get("user") or metadata.get("call_sid") or ""),
            include_usage=bool(options.get("include_usage")),
            answer=scenario.answer(body["messages"]),
            arrived_s=arrived_s,
            fault=now.llm_fault if now.llm_fault and self._faulty() else "",
            prompt_tokens=sum(len(str(m.get("content") or "")) for m in body["messages"]) // 4,
            id=f"chatcmpl-{uuid.uuid4().hex[:24]}",
        )

    async def _whole(self, asked: _Asked) -> Response:
        tokens = _TOKEN.findall(asked.answer.text)
        await self._wait_for(asked, len(tokens))
        message: dict[str, Any] = {"role": "assistant", "content": asked.answer.text or None, "refusal": None}
        if asked.answer.tool:
            message["tool_calls"] = [_tool_call(asked.answer)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(asked.answer)}
        self.journal.note("done", call_sid=asked.call_sid, id=asked.id)
        return JSONResponse(
            {
                "id": asked.id,
                "object": "chat.completion",
                "created": int(time.time()),
                "model": asked.model,
                "choices": [choice],
                "usage": _usage(asked, len(tokens)),
            }
        )

    async def _wait_for(self, asked: _Asked, token: int) -> None:
        """Until the n-th token is due, counted from the request's arrival."""
        now = self.dials.now
        due_s = asked.arrived_s + now.first_token_ms / 1000 + token / now.tokens_per_s
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    async def _stream(self, asked: _Asked) -> AsyncIterator[str]:
        ended = "cancelled"
        tokens = _TOKEN.findall(asked.answer.text)
        try:
            await self._wait_for(asked, 0)
            self.journal.note("first_token", call_sid=asked.call_sid, id=asked.id)
            yield _chunk(asked, {"role": "assistant", "content": "" if tokens else None, "refusal": None})
            for number, token in enumerate(tokens):
                await self._wait_for(asked, number)
                if number == 2 and asked.fault:
                    yield await _misbehave(asked.fault)
                yield _chunk(asked, {"content": token})
            for delta in _tool_deltas(asked.answer):
                yield _chunk(asked, delta)
            yield _chunk(asked, {}, _reason(asked.answer))
            if asked.include_usage:
                yield _sse(_envelope(asked) | {"choices": [], "usage": _usage(asked, len(tokens))})
            yield "data: [DONE]\n\n"
            ended = "done"
        finally:
            self.journal.note(ended, call_sid=asked.call_sid, id=asked.id)


async def _misbehave(fault: str) -> str:
    match fault:
        case "hang_mid":
            await asyncio.sleep(_HANG_S)
        case "close_mid":
            # The server leaves the chunked body unfinished: clients meet a lost connection.
            raise ConnectionResetError("closed by the sandbox's settings")
        case "garbage":
            return "data: {this is no JSON\n\n"
        case _:
            pass
    return ": nothing\n\n"


def _wrong(body: Any) -> tuple[str, str | None] | None:
    """What OpenAI would refuse, as message and parameter."""
    if not isinstance(body, dict):
        return "Invalid body: expected an object.", None
    if not isinstance(body.get("model"), str):
        return "you must provide a model parameter", None
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        return "Missing required parameter: 'messages'.", "messages"
    open_calls: set[str] = set()
    for number, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant", "tool"):
            return f"Invalid value: {role!r}.", f"messages[{number}].role"
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                text = (
                    "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
                )
                return f"Invalid parameter: {text}", f"messages.[{number}].role"
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            text = "An assistant message with 'tool_calls' must be followed by tool messages"
            return f"{text} responding to each 'tool_call_id'.", f"messages.[{number}].role"
        open_calls = {call["id"] for call in message.get("tool_calls") or ()}
        if role != "assistant" and message.get("content") is None:
            return "Invalid value for 'content': expected a string, got null.", f"messages.[{number}].content"
    return None


def _error(status: int, message: str, param: str | None) -> Response:
    code = _ERROR_CODES.get(status)
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": message, "type": kind, "param": param, "code": code}
    headers = {"x-request-id": f"req_{uuid.uuid4().hex}"}
    return JSONResponse({"error": error}, status_code=status, headers=headers)


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.tool else "stop"


def _tool_call(answer: Answer) -> dict[str, Any]:
    function = {"name": answer.tool, "arguments": answer.arguments}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def _tool_deltas(answer: Answer) -> list[dict[str, Any]]:
    """First the name, then the arguments in pieces, as the vendor sends them."""
    if not answer.tool:
        return []
    whole = _tool_call(answer)
    first = {**whole, "index": 0, "function": {"name": answer.tool, "arguments": ""}}
    half = len(answer.arguments) // 2
    pieces = [piece for piece in (answer.arguments[:half], answer.arguments[half:]) if piece]
    rest = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return [{"tool_calls": [first]}, *rest]


def _usage(asked: _Asked, tokens: int) -> dict[str, Any]:
    return {
        "prompt_tokens": asked.prompt_tokens,
        "completion_tokens": tokens,
        "total_tokens": asked.prompt_tokens + tokens,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _envelope(asked: _Asked) -> dict[str, Any]:
    return {
        "id": asked.id,
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": asked.model,
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }


def _chunk(asked: _Asked, delta: Mapping[str, Any], finish_reason: str | None = None) -> str:
    choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish_reason}
    usage = {"usage": None} if asked.include_usage else {}
    return _sse(_envelope(asked) | {"choices": [choice]} | usage)


def _sse(payload: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n"
