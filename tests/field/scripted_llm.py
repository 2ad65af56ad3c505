"""A model server on loopback that sends exactly the bytes that a test gives it."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from parley.agent_config import LlmConfig
from parley.errors import ProviderError
from parley.providers.llm import Done, LlmClient, LlmEvent, TextDelta, ToolCallRequest
from parley.runtime.health import serve
from services.brain.generation.guarded_client import GuardedClient
from services.brain.providers.anthropic.provider import open_client as open_anthropic
from services.brain.providers.gemini.provider import open_client as open_gemini
from services.brain.providers.openai.provider import open_client
from services.brain.settings import BrainSettings

Item: TypeAlias = dict[str, Any] | bytes | float | str
"""An event as JSON, raw bytes, a pause in seconds, or a text as one event with it."""

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("book_visit", "find_visit")
]
DONE = b"data: [DONE]\n\n"


def chunk(delta: Any, finish_reason: Any = None, **choice: Any) -> dict[str, Any]:
    """A chunk of the chat completions protocol."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason, **choice}]}


def call(name: str | None, arguments: Any, **fields: Any) -> dict[str, Any]:
    """A chunk with a fragment of one tool call."""
    function = {"name": name, "arguments": arguments}
    function = {key: value for key, value in function.items() if value is not None}
    return chunk({"tool_calls": [{"type": "function", "function": function, **fields}]})


END = chunk({}, "stop")


@asynccontextmanager
async def scripted_server(items: Sequence[Item]) -> AsyncIterator[str]:
    """Send the items in answer to each request; yields the base URL."""

    async def body() -> AsyncIterator[bytes]:
        for item in items:
            if isinstance(item, float):
                await asyncio.sleep(item)
            else:
                value = chunk({"content": item}) if isinstance(item, str) else item
                yield value if isinstance(value, bytes) else f"data: {json.dumps(value)}\n\n".encode()

    async def answer(_request: Request) -> Response:
        return StreamingResponse(body(), media_type="text/event-stream")

    async def models(_request: Request) -> Response:
        return JSONResponse({"object": "list", "data": []})

    routes = [
        Route("/v1/chat/completions", answer, methods=["POST"]),
        Route("/v1/responses", answer, methods=["POST"]),
        Route("/v1/messages", answer, methods=["POST"]),
        Route("/v1beta/models/{name}", answer, methods=["POST"]),
        Route("/v1/models", models),
    ]
    async with serve(Starlette(routes=routes), "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}/v1"


async def read_answer(*items: Item, timeout_s: float = 2.0, api: str = "chat") -> list[LlmEvent]:
    """The events that the real client reads from the server.

    Raises:
        ProviderError: the answer has failed.
    """
    async with scripted_server(items) as base_url:
        own = api if api in ("chat", "responses") else "auto"
        config = LlmConfig(model="m", api=own, timeout_s=timeout_s)  # type: ignore[arg-type]
        messages = [{"role": "user", "content": "Hello"}]
        async with _client(api, base_url) as client:
            answer = GuardedClient("model", client).stream(config, messages, TOOLS, call_sid="CA1")
            try:
                return [event async for event in answer]
            except ProviderError as error:
                # The server would wrap it in a group.
                failure = error
    raise failure


def _client(api: str, base_url: str) -> AbstractAsyncContextManager[LlmClient]:
    """The client of the provider whose API it is."""
    if api == "anthropic":
        return open_anthropic(BrainSettings(anthropic_base_url=base_url))
    if api == "gemini":
        return open_gemini(BrainSettings(gemini_base_url=base_url.removesuffix("/v1")))
    settings = BrainSettings(openai_api_key="k", openai_base_url=base_url)  # type: ignore[arg-type]
    return open_client(settings)


def summary(events: Sequence[LlmEvent]) -> tuple[str, list[tuple[str, Any]], str]:
    """Text, tool calls with their arguments, and finish reason."""
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [(e.name, json.loads(e.arguments)) for e in events if isinstance(e, ToolCallRequest)]
    return text, calls, events[-1].reason if isinstance(events[-1], Done) else ""
