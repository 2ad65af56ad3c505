"""The provider `openai`: streamed chat completions of OpenAI, or of any server with the same protocol."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from parley.agent_config import LlmConfig
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.llm import Done, LlmEvent, Message, TextDelta, ToolCallRequest
from parley.providers.registry import ProviderContext, ProviderPlugin
from parley.settings import read_settings
from services.brain.settings import BrainSettings

_PROVIDER = "openai"
_CONNECT_TIMEOUT_S = 3.0
_KEEPALIVE_S = 120.0
"""Idle time before a connection closes; with the default of 5 s most turns would open a new one."""
_WARM_UP_INTERVAL_S = 20.0
"""A client that was used this recently needs no warm-up."""


class OpenAIClient:
    """A client shared by all calls of a process; its connections stay open between answers."""

    def __init__(self, client: AsyncOpenAI, token_timeout_s: float) -> None:
        self._client = client
        self._token_timeout_s = token_timeout_s
        self._used_at_s = -_WARM_UP_INTERVAL_S

    async def warm_up(self) -> None:
        """Open a connection before the next request; errors are ignored, because the request reports them."""
        now_s = asyncio.get_running_loop().time()
        if now_s - self._used_at_s < _WARM_UP_INTERVAL_S:
            return
        self._used_at_s = now_s
        with suppress(openai.APIError, TimeoutError):
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await self._client.models.list()

    async def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        *,
        call_sid: str,
    ) -> AsyncGenerator[LlmEvent]:
        """Stream an answer; see `LlmClient`. The request carries the CallSid as `user`."""
        self._used_at_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(config.timeout_s):
                stream = await self._request(config, messages, tools, call_sid)
        except TimeoutError:
            raise ProviderTimeout(_PROVIDER, f"no response within {config.timeout_s:g} s") from None
        except openai.APIError as error:
            raise _map_error(error) from error
        try:
            async for event in self._read(stream, config.timeout_s):
                yield event
        finally:
            await stream.close()

    async def _request(
        self,
        config: LlmConfig,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        call_sid: str,
    ) -> AsyncStream[ChatCompletionChunk]:
        body = {
            "model": config.model,
            "messages": list(messages),
            "temperature": config.temperature,
            "max_completion_tokens": config.max_tokens,
            "stream": True,
            "user": call_sid,
            **({"tools": list(tools)} if tools else {}),
        }
        # `chat.completions.create` converts the whole history for each request, which takes milliseconds;
        # this method of the SDK sends a body that is already in the wire format.
        return await self._client.post(
            "/chat/completions",
            cast_to=ChatCompletionChunk,
            body=body,
            stream=True,
            stream_cls=AsyncStream[ChatCompletionChunk],
        )

    async def _read(
        self, stream: AsyncStream[ChatCompletionChunk], first_timeout_s: float
    ) -> AsyncIterator[LlmEvent]:
        calls: dict[int, ToolCallRequest] = {}
        finish_reason = ""
        timeout_s = first_timeout_s
        chunks = aiter(stream)
        while True:
            chunk = await _next_chunk(chunks, timeout_s)
            if chunk is None:
                break
            if not chunk.choices:
                continue
            choice = chunk.choices[0]
            if choice.delta.content:
                timeout_s = self._token_timeout_s
                yield TextDelta(choice.delta.content)
            for part in choice.delta.tool_calls or ():
                calls[part.index] = _join(calls.get(part.index), part)
            finish_reason = choice.finish_reason or finish_reason
        if not finish_reason:
            raise ProviderUnavailable(_PROVIDER, "the stream ended without a finish reason")
        for index in sorted(calls):
            yield calls[index]
        yield Done(finish_reason)


async def _next_chunk(
    chunks: AsyncIterator[ChatCompletionChunk], timeout_s: float
) -> ChatCompletionChunk | None:
    try:
        async with asyncio.timeout(timeout_s):
            return await anext(chunks, None)
    except TimeoutError:
        raise ProviderTimeout(_PROVIDER, f"no token within {timeout_s:g} s") from None
    except openai.APIError as error:
        raise _map_error(error) from error
    except ValueError as error:
        raise ProviderUnavailable(_PROVIDER, f"invalid JSON: {type(error).__name__}") from error


def _join(call: ToolCallRequest | None, part: Any) -> ToolCallRequest:
    """Append a fragment of a tool call; the first fragment contains its id and name."""
    before = call or ToolCallRequest("", "", "")
    function = part.function
    return ToolCallRequest(
        part.id or before.tool_call_id,
        before.name + ((function and function.name) or ""),
        before.arguments + ((function and function.arguments) or ""),
    )


def _map_error(error: openai.APIError) -> ProviderError:
    """Convert an exception of the SDK; the result contains no part of the request."""
    request_id = getattr(error, "request_id", None)
    suffix = f" (request {request_id})" if request_id else ""
    match error:
        case openai.APITimeoutError():
            return ProviderTimeout(_PROVIDER, "the connection timed out")
        case openai.APIConnectionError():
            return ProviderUnavailable(_PROVIDER, f"connection: {type(error.__cause__).__name__}")
        case openai.RateLimitError() if error.code == "insufficient_quota":
            return ProviderRejected(_PROVIDER, f"429 insufficient_quota: no credit left{suffix}")
        case openai.RateLimitError():
            return ProviderRateLimited(_PROVIDER, f"429 {error.code}{suffix}")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ProviderRejected(
                _PROVIDER, f"{error.status_code} {error.code}: check OPENAI_API_KEY{suffix}"
            )
        case openai.APIStatusError() if error.status_code < 500:
            return ProviderRejected(_PROVIDER, f"{error.status_code} {error.code}{suffix}")
        case openai.APIStatusError():
            return ProviderUnavailable(_PROVIDER, f"{error.status_code} {error.code}{suffix}")
        case _:
            return ProviderUnavailable(_PROVIDER, f"error within the stream: {error.code}")


@asynccontextmanager
async def open_client(settings: BrainSettings) -> AsyncIterator[OpenAIClient]:
    """Open a client. Without a key each request fails with an error that names OPENAI_API_KEY."""
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=200, keepalive_expiry=_KEEPALIVE_S)
    async with AsyncOpenAI(
        http_client=openai.DefaultAsyncHttpx2Client(limits=limits),
        api_key=settings.openai_api_key.get_secret_value() or "missing",
        base_url=settings.openai_base_url or None,
        max_retries=0,
        timeout=openai.Timeout(30.0, connect=_CONNECT_TIMEOUT_S),
    ) as client:
        yield OpenAIClient(client, settings.llm_token_timeout_s)


@asynccontextmanager
async def _open(_context: ProviderContext) -> AsyncIterator[OpenAIClient]:
    async with open_client(read_settings(BrainSettings)) as client:
        yield client


PLUGIN = ProviderPlugin(_open)
"""Entry point `openai`."""
