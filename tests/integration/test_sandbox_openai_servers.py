"""The other servers, and every quirk, seen through OpenAI's SDK."""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.faults import QUIRKS, LlmQuirks
from sandbox.openai.servers.registry import SERVERS
from sandbox.openai.settings import OpenAISandboxSettings

PLAIN = LlmQuirks(**dict.fromkeys(LlmQuirks.model_fields, 0.0))
TOOL: Any = {"type": "function", "function": {"name": "change_calendar", "parameters": {"type": "object"}}}
QUESTION: Any = {"role": "user", "content": "cancel it"}
TEXT = "Doors open around eight. Lunch pauses everything until two. Saturdays finish early."


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """A fast emulator without quirks, and its address."""
    settings = OpenAISandboxSettings(
        first_token_ms=1, tokens_per_s=10_000, scenario="chaos", llm_quirks=PLAIN, llm_silence_s=0.1
    )
    made = OpenAIEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}"


def client(url: str) -> AsyncOpenAI:
    return AsyncOpenAI(api_key="k", base_url=url, max_retries=0, timeout=5)


async def text_of(sdk: AsyncOpenAI) -> str:
    """The text of a streamed answer, as a careful client reads it."""
    messages: Any = [{"role": "user", "content": "what are your hours"}]
    stream = await sdk.chat.completions.create(model="sandbox-chaos", messages=messages, stream=True)
    choices = [choice async for chunk in stream for choice in chunk.choices]
    contents: list[Any] = [choice.delta.content for choice in choices if choice.delta]
    parts = [part.get("text", "") for content in contents if isinstance(content, list) for part in content]
    return "".join([content for content in contents if isinstance(content, str)] + parts)


@pytest.mark.parametrize("name", sorted(SERVERS))
async def test_a_tool_round_with_each_server(emulator: tuple[OpenAIEmulator, str], name: str) -> None:
    """The calls come back as they were received, fields of the server included."""
    model = "gpt-4.1" if name == "openai" else "sandbox-chaos"
    async with client(f"{emulator[1]}{SERVERS[name].paths[0]}") as sdk:
        first = await sdk.chat.completions.create(model=model, messages=[QUESTION], tools=[TOOL])
        calls = first.choices[0].message.tool_calls or []
        answer: Any = {
            "role": "assistant",
            "content": "",
            "tool_calls": [call.to_dict() for call in calls],
        }
        result: Any = {"role": "tool", "tool_call_id": calls[0].id, "content": "{}"}
        second = await sdk.chat.completions.create(
            model=model, messages=[QUESTION, answer, result], tools=[TOOL]
        )

    assert (
        second.choices[0].message.content
        == "Removed from our calendar. Nothing will be charged. Another date fits whenever."
    )


@pytest.mark.parametrize("name", sorted(SERVERS))
async def test_a_stream_of_each_server(emulator: tuple[OpenAIEmulator, str], name: str) -> None:
    """At its own path, and at `/v1` if it is configured."""
    emulator[0].runtime_settings.update({"llm_server": name})
    for path in ("/v1", *SERVERS[name].paths):
        async with client(f"{emulator[1]}{path}") as sdk:
            assert await text_of(sdk) == TEXT


@pytest.mark.parametrize("quirk", sorted(QUIRKS))
async def test_the_sdk_reads_every_quirk(emulator: tuple[OpenAIEmulator, str], quirk: str) -> None:
    """A client that checks for missing deltas gets the whole text."""
    emulator[0].runtime_settings.update({"llm_fault": quirk})
    async with client(f"{emulator[1]}/v1") as sdk:
        assert await text_of(sdk) == TEXT


@pytest.mark.parametrize(
    ("path", "body", "status", "find"),
    [
        ("/mistral/v1", {"user": "CA1"}, 422, ["message", "detail", 0, "type"]),
        ("/gemini/v1beta/openai", {"store": True}, 400, [0, "error", "status"]),
        ("/vllm-old/v1", {"user": "CA1"}, 400, ["object"]),
        ("/groq/openai/v1", {"store": True}, 400, ["error", "type"]),
        ("/azure/openai/v1", {"wishes": 1}, 400, ["error", "message"]),
        ("/azure/openai/deployments/mine", {"wishes": 1}, 400, ["error", "message"]),
    ],
)
async def test_refusals_have_the_servers_form(
    emulator: tuple[OpenAIEmulator, str], path: str, body: Mapping[str, Any], status: int, find: list[Any]
) -> None:
    """The SDK raises them all as errors of the request."""
    full = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **body}
    async with httpx.AsyncClient(headers={"api-key": "k"}) as raw:
        reply = await raw.post(f"{emulator[1]}{path}/chat/completions", json=full)

    found: Any = reply.json()
    for key in find:
        found = found[key]
    assert (reply.status_code, bool(found)) == (status, True)


async def test_a_deployment_is_the_model_at_azure(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Azure's client of the SDK works unchanged."""
    async with openai.AsyncAzureOpenAI(
        api_key="k", azure_endpoint=f"{emulator[1]}/azure", api_version="2024-10-21", max_retries=0
    ) as sdk:
        answer = await sdk.chat.completions.create(
            model="mine", messages=[{"role": "user", "content": "what are your hours"}]
        )

    assert answer.choices[0].message.content == TEXT


async def test_whole_answers_may_replace_streams(emulator: tuple[OpenAIEmulator, str]) -> None:
    """And bodies that are no answer at all."""
    body = {"model": "sandbox-chaos", "messages": [QUESTION], "stream": True}
    found: dict[str, httpx.Response] = {}
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        for fault in ("not_streamed", "html_502", "empty_200", "rate_limited", "late_tool_call", "no_finish"):
            emulator[0].runtime_settings.update({"llm_fault": fault})
            found[fault] = await raw.post(f"{emulator[1]}/v1/chat/completions", json=body)

    assert found["not_streamed"].json()["object"] == "chat.completion"
    assert found["html_502"].status_code == 502
    assert found["empty_200"].content == b""
    assert found["rate_limited"].headers["retry-after"] == "1"
    assert found["late_tool_call"].text.rstrip().endswith("[DONE]")
    chunks = [
        json.loads(line[6:]) for line in found["no_finish"].text.splitlines() if line.startswith("data: {")
    ]
    assert {choice["finish_reason"] for chunk in chunks for choice in chunk["choices"]} == {None}
