"""The client of the provider `openai`."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from parley.agent_config import LlmConfig
from parley.errors import ProviderTimeout
from parley.providers.llm import LlmEvent, Message, ToolChoice
from services.brain.providers.openai.chat_reader import read_chat_stream
from services.brain.providers.openai.chat_request import build_chat_request
from services.brain.providers.openai.errors import PROVIDER, map_error

CONNECT_TIMEOUT_S = 3.0
"""Time limit for opening a connection."""
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
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._client.models.list()

    async def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        *,
        call_sid: str,
        tool_choice: ToolChoice = "auto",
    ) -> AsyncGenerator[LlmEvent]:
        """Stream an answer; see `LlmClient`."""
        self._used_at_s = asyncio.get_running_loop().time()
        body = build_chat_request(config, messages, tools, call_sid, tool_choice)
        try:
            async with asyncio.timeout(config.timeout_s):
                stream = await self._post(body)
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, f"no response within {config.timeout_s:g} s") from None
        except openai.APIError as error:
            raise map_error(error) from error
        try:
            async for event in read_chat_stream(stream, config.timeout_s, self._token_timeout_s):
                yield event
        finally:
            await stream.close()

    async def _post(self, body: dict[str, Any]) -> AsyncStream[ChatCompletionChunk]:
        # `chat.completions.create` converts the whole history for each request, which takes milliseconds;
        # this method of the SDK sends a body that is already in the wire format.
        return await self._client.post(
            "/chat/completions",
            cast_to=ChatCompletionChunk,
            body=body,
            stream=True,
            stream_cls=AsyncStream[ChatCompletionChunk],
        )
