"""A small model server as strict as the real ones, independent of the sandbox."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from parley.runtime.health import serve

Body: TypeAlias = dict[str, Any]
Refusal: TypeAlias = tuple[int, Any]
Rule: TypeAlias = Callable[[str, Body], Refusal | None]
"""Gets the API (`chat` or `responses`) and the body; returns status and body of a refusal."""


class StrictServer:
    """Answers "Hello." to each request that its rules accept, and keeps all of them."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules
        self.base_url = ""
        self.received: list[tuple[str, Body]] = []
        self.refused = 0

    @property
    def last(self) -> Body:
        """The body of the last request."""
        return self.received[-1][1]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StrictServer"]:
        """Serve on a free port of the loopback interface."""
        routes = [
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/responses", self._responses, methods=["POST"]),
            Route("/v1/models", _models),
        ]
        async with serve(Starlette(routes=routes), "127.0.0.1", 0) as port:
            self.base_url = f"http://127.0.0.1:{port}/v1"
            yield self

    async def _chat(self, request: Request) -> Response:
        return await self._answer("chat", request, _chat_answer())

    async def _responses(self, request: Request) -> Response:
        return await self._answer("responses", request, _responses_answer())

    async def _answer(self, api: str, request: Request, answer: str) -> Response:
        body = await request.json()
        self.received.append((api, body))
        for rule in self._rules:
            if refusal := rule(api, body):
                self.refused += 1
                status, content = refusal
                return content if isinstance(content, Response) else JSONResponse(content, status)
        return StreamingResponse(iter([answer]), media_type="text/event-stream")


async def _models(_request: Request) -> Response:
    return JSONResponse({"object": "list", "data": []})


def openai_error(message: str, param: str | None = None, code: str | None = None) -> Body:
    """An error in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def gpt_6(api: str, body: Mapping[str, Any], *, needs_responses: bool = False) -> Refusal | None:
    """The rules of a model that reasons by default."""
    effort = body.get("reasoning_effort") if api == "chat" else (body.get("reasoning") or {}).get("effort")
    model = body["model"]
    if needs_responses and effort == "none":
        message = (
            "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values"
            " are: 'low', 'medium', 'high', and 'xhigh'."
        )
        return 400, openai_error(message, "reasoning_effort", "unsupported_value")
    if api == "chat" and body.get("tools") and (effort != "none" or needs_responses):
        hint = "" if needs_responses else " or set reasoning_effort to 'none'"
        message = (
            f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. To"
            f" use function tools, use /v1/responses{hint}."
        )
        return 400, openai_error(message, "reasoning_effort")
    if effort != "none" and body.get("temperature", 1) != 1:
        message = (
            f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. Only"
            " the default (1) value is supported."
        )
        return 400, openai_error(message, "temperature", "unsupported_value")
    if "max_tokens" in body:
        message = "Unsupported parameter: 'max_tokens' is not supported with this model."
        return 400, openai_error(f"{message} Use 'max_completion_tokens' instead.", "max_tokens")
    return None


def only_fields(*names: str) -> Rule:
    """Refuse all other fields of the body, in the form of a validator."""

    def rule(_api: str, body: Body) -> Refusal | None:
        extra = [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}
            for name in body
            if name not in names
        ]
        return (422, {"object": "error", "message": {"detail": extra}}) if extra else None

    return rule


def alternating_roles(_api: str, body: Body) -> Refusal | None:
    """The check of chat templates: one system message first, then the user and the assistant in turn."""
    roles = [m["role"] for m in body["messages"] if m["role"] != "tool" and not m.get("tool_calls")]
    if roles[0] == "system":
        roles = roles[1:]
    expected = ["user", "assistant"] * len(roles)
    if roles != expected[: len(roles)]:
        message = "Conversation roles must alternate user/assistant/user/assistant/..."
        return 400, {"object": "error", "message": message, "type": "BadRequestError", "code": 400}
    return None


def system_first(_api: str, body: Body) -> Refusal | None:
    """The check of Qwen's chat template."""
    if any(m["role"] == "system" for m in body["messages"][1:]):
        message = "System message must be at the beginning."
        return 400, {"error": {"message": message, "type": "BadRequestError", "param": None, "code": 400}}
    return None


def _sse(*events: Mapping[str, Any], done: bool) -> str:
    lines = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return lines + ("data: [DONE]\n\n" if done else "")


def _chat_answer() -> str:
    return _sse(
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "Hello."}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        done=True,
    )


def _responses_answer() -> str:
    item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    part = {"type": "output_text", "text": "Hello.", "annotations": []}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    response = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [{**item, "content": [part]}],
    }
    return _sse(
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.content_part.added", **where, "part": {**part, "text": ""}},
        {"type": "response.output_text.delta", **where, "delta": "Hello."},
        {"type": "response.output_text.done", **where, "text": "Hello."},
        {"type": "response.output_item.done", "output_index": 0, "item": {**item, "content": [part]}},
        {"type": "response.completed", "response": response},
        done=False,
    )
