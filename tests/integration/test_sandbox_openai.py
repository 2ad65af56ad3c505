"""The stand-in for OpenAI convinces OpenAI's own SDK."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from parley.health import serve
from sandbox.openai.app import ChatCompletions
from sandbox.openai.settings import OpenAISandboxSettings
from tests.strict import assert_fits

MESSAGES: list[Any] = [{"role": "user", "content": "my name is ann lee"}]


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[ChatCompletions, str]]:
    """A quick one, and its address."""
    settings = OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000)
    made = ChatCompletions(settings)
    async with serve(made.app(), "127.0.0.1", 0) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def client(url: str, key: str = "k") -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=url, max_retries=0, timeout=5)


async def test_every_chunk_fits_the_sdks_type(stand_in: tuple[ChatCompletions, str]) -> None:
    """Field by field, the usage chunk included; the stream ends with [DONE]."""
    body = {"model": "m", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        reply = await raw.post(f"{stand_in[1]}/chat/completions", json=body)
    lines = [line.removeprefix("data: ") for line in reply.text.split("\n\n") if line]

    assert lines.pop() == "[DONE]"
    chunks = [json.loads(line) for line in lines]
    for chunk in chunks:
        assert_fits(ChatCompletionChunk, chunk)
    assert chunks[-1]["choices"] == []
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"


async def test_a_whole_answer_fits_too(stand_in: tuple[ChatCompletions, str]) -> None:
    """Without streaming."""
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        reply = await raw.post(f"{stand_in[1]}/chat/completions", json={"model": "m", "messages": MESSAGES})

    assert_fits(ChatCompletion, reply.json())


async def test_tool_calls_come_in_pieces(stand_in: tuple[ChatCompletions, str]) -> None:
    """First id and name, then the arguments."""
    async with client(stand_in[1]) as sdk:
        stream = await sdk.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "goodbye"}], stream=True
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
async def test_refusals_are_the_sdks_own_errors(
    stand_in: tuple[ChatCompletions, str], status: int, error: type[Exception]
) -> None:
    """With the vendor's words."""
    stand_in[0].dials.update({"llm_refuse": status})
    async with client(stand_in[1]) as sdk:
        with pytest.raises(error):
            await sdk.chat.completions.create(model="m", messages=MESSAGES)


async def test_a_bad_key_and_a_senseless_request_are_refused(
    stand_in: tuple[ChatCompletions, str],
) -> None:
    """As the vendor would: a tool's result without its call, no messages at all."""
    async with client(stand_in[1], "bad") as sdk:
        with pytest.raises(openai.AuthenticationError):
            await sdk.models.list()
    wrong: list[list[Any]] = [[], [{"role": "tool", "tool_call_id": "1", "content": "{}"}]]
    async with client(stand_in[1]) as sdk:
        for messages in wrong:
            with pytest.raises(openai.BadRequestError):
                await sdk.chat.completions.create(model="m", messages=messages)


async def test_tokens_stop_when_nobody_reads_them(stand_in: tuple[ChatCompletions, str]) -> None:
    """A barge-in cancels the request; the stand-in says so in its log."""
    made, url = stand_in
    made.dials.update({"tokens_per_s": 5, "scenario": "long"})
    async with client(url) as sdk:
        stream = await sdk.chat.completions.create(model="m", messages=MESSAGES, stream=True, user="CA1")
        async for chunk in stream:
            if chunk.choices[0].delta.content:
                break
        await stream.close()
        for _ in range(100):
            kinds = [entry["kind"] for entry in made.journal.since(0)]
            if "cancelled" in kinds:
                break
            await asyncio.sleep(0.02)
    assert kinds == ["request", "first_token", "cancelled"]
    assert {entry["call_sid"] for entry in made.journal.since(0)} == {"CA1"}
