"""The OpenAI emulator's responses fit the SDK's types."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.faults import LlmQuirks
from sandbox.openai.settings import OpenAISandboxSettings
from tests.eventually import eventually
from tests.strict import assert_fits

MESSAGES: list[Any] = [{"role": "user", "content": "my name is ann lee"}]
END_CALL: Any = {"type": "function", "function": {"name": "end_call"}}
PLAIN = LlmQuirks(**dict.fromkeys(LlmQuirks.model_fields, 0.0))
"""No quirks, so that the answers have OpenAI's documented form."""


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """An emulator with low latencies, and its base URL."""
    settings = OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000, llm_quirks=PLAIN)
    made = OpenAIEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def client(url: str, key: str = "k") -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=url, max_retries=0, timeout=5)


async def test_every_chunk_fits_the_sdks_type(emulator: tuple[OpenAIEmulator, str]) -> None:
    """So does the usage chunk; the stream ends with [DONE]."""
    body = {
        "model": "gpt-4.1-mini",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        reply = await raw.post(f"{emulator[1]}/chat/completions", json=body)
    lines = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]

    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    for chunk in chunks:
        assert_fits(ChatCompletionChunk, chunk)
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"


async def test_a_response_without_streaming_fits_the_sdks_type(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Each field has the expected value."""
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        reply = await raw.post(
            f"{emulator[1]}/chat/completions", json={"model": "gpt-4.1-mini", "messages": MESSAGES}
        )

    assert_fits(ChatCompletion, reply.json())


async def test_a_tool_call_is_streamed_in_pieces(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The id and the name come first, then the arguments."""
    async with client(emulator[1]) as sdk:
        stream = await sdk.chat.completions.create(
            model="gpt-4.1-mini",
            messages=[{"role": "user", "content": "goodbye"}],
            tools=[END_CALL],
            stream=True,
        )
        deltas = [chunk.choices[0].delta async for chunk in stream]
    parts = [part for delta in deltas for part in delta.tool_calls or ()]

    assert parts[0].function is not None
    assert parts[0].function.name == "end_call"
    assert "".join(part.function.arguments or "" for part in parts if part.function) == "{}"


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, openai.AuthenticationError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
async def test_error_statuses_raise_the_sdks_errors(
    emulator: tuple[OpenAIEmulator, str], status: int, error: type[Exception]
) -> None:
    """The SDK maps each status to its own exception."""
    emulator[0].runtime_settings.update({"llm_refuse": status})
    async with client(emulator[1]) as sdk:
        with pytest.raises(error):
            await sdk.chat.completions.create(model="gpt-4.1-mini", messages=MESSAGES)


async def test_a_bad_key_and_invalid_messages_are_rejected(
    emulator: tuple[OpenAIEmulator, str],
) -> None:
    """The messages are empty, or contain a tool result without its call."""
    async with client(emulator[1], "bad") as sdk:
        with pytest.raises(openai.AuthenticationError):
            await sdk.models.list()
    wrong: list[list[Any]] = [[], [{"role": "tool", "tool_call_id": "1", "content": "{}"}]]
    async with client(emulator[1]) as sdk:
        for messages in wrong:
            with pytest.raises(openai.BadRequestError):
                await sdk.chat.completions.create(model="gpt-4.1-mini", messages=messages)


async def test_closing_the_stream_cancels_the_request(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The emulator logs a request that a barge-in closes as cancelled."""
    made, url = emulator
    made.runtime_settings.update({"tokens_per_s": 5, "scenario": "long"})
    async with client(url) as sdk:
        stream = await sdk.chat.completions.create(
            model="gpt-4.1-mini", messages=MESSAGES, stream=True, user="CA1"
        )
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        await eventually(lambda: "cancelled" in [entry["kind"] for entry in made.journal.since(0)])
    kinds = [entry["kind"] for entry in made.journal.since(0)]
    assert kinds == ["request", "first_token", "cancelled"]
    assert {entry["call_sid"] for entry in made.journal.since(0)} == {"CA1"}
