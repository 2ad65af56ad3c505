"""Reads a streamed answer of the chat completions protocol."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import openai
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk

from parley.errors import ProviderTimeout, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from services.brain.providers.openai.errors import PROVIDER, map_error


async def read_chat_stream(
    stream: AsyncStream[ChatCompletionChunk], first_timeout_s: float, token_timeout_s: float
) -> AsyncIterator[LlmEvent]:
    """Convert the chunks of an answer into events.

    Raises:
        ProviderError: the answer is late, broken or incomplete.
    """
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
            timeout_s = token_timeout_s
            yield TextDelta(choice.delta.content)
        for part in choice.delta.tool_calls or ():
            calls[part.index] = _join(calls.get(part.index), part)
        finish_reason = choice.finish_reason or finish_reason
    if not finish_reason:
        raise ProviderUnavailable(PROVIDER, "the stream ended without a finish reason")
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
        raise ProviderTimeout(PROVIDER, f"no token within {timeout_s:g} s") from None
    except openai.APIError as error:
        raise map_error(error) from error
    except ValueError as error:
        raise ProviderUnavailable(PROVIDER, f"invalid JSON: {type(error).__name__}") from error


def _join(call: ToolCallRequest | None, part: Any) -> ToolCallRequest:
    """Append a fragment of a tool call; the first fragment contains its id and name."""
    before = call or ToolCallRequest("", "", "")
    function = part.function
    return ToolCallRequest(
        part.id or before.tool_call_id,
        before.name + ((function and function.name) or ""),
        before.arguments + ((function and function.arguments) or ""),
    )
