"""The Responses API of the OpenAI emulator, through OpenAI's SDK."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI

from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.eventually import eventually

MODEL = "gpt-6-astra"
SCHEMA = {"type": "object", "properties": {"what": {"type": "string"}}}
TOOL: Any = {"type": "function", "name": "change_calendar", "parameters": SCHEMA, "strict": False}


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """An emulator with low latencies and a scenario with a tool, and its base URL."""
    settings = OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000, scenario="chaos")
    made = OpenAIEmulator(settings)
    async with serve(made.app(), "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


def client(url: str, key: str = "k") -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=url, max_retries=0, timeout=5)


async def test_a_stream_ends_with_the_whole_response(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The SDK's own accumulator accepts the events."""
    async with client(emulator[1]) as sdk:
        async with sdk.responses.stream(model=MODEL, input="what are your hours") as stream:
            deltas = [event.delta async for event in stream if event.type == "response.output_text.delta"]
            final = await stream.get_final_response()

    assert "".join(deltas) == final.output_text
    assert final.output_text.startswith("Doors open around eight.")
    assert [item.type for item in final.output] == ["reasoning", "message"]
    assert final.usage is not None
    assert final.usage.output_tokens_details.reasoning_tokens > 0


@pytest.mark.parametrize("stored", [True, False])
async def test_a_tool_call_and_its_output(emulator: tuple[OpenAIEmulator, str], stored: bool) -> None:
    """The conversation continues by id, or with all items sent again."""
    more: Any = {} if stored else {"store": False, "include": ["reasoning.encrypted_content"]}
    async with client(emulator[1]) as sdk:
        question: list[Any] = [{"role": "user", "content": "cancel it"}]
        first = await sdk.responses.create(model=MODEL, input=question, tools=[TOOL], **more)
        call = next(item for item in first.output if item.type == "function_call")
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "{}"}
        items = [output] if stored else [*question, *(item.to_dict() for item in first.output), output]
        if stored:
            more = {"previous_response_id": first.id}
        second = await sdk.responses.create(model=MODEL, input=items, tools=[TOOL], **more)

    assert (call.name, call.arguments) == ("change_calendar", '{"what": "cancel"}')
    assert second.output_text.startswith("Removed from our calendar.")


async def test_items_that_are_not_stored_are_refused(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Reasoning without its content, a call without its reasoning or its output."""
    question: Any = {"role": "user", "content": "cancel it"}
    async with client(emulator[1]) as sdk:
        first = await sdk.responses.create(model=MODEL, input=[question], tools=[TOOL], store=False)
        reasoning, call = (item.to_dict() for item in first.output)
        output = {"type": "function_call_output", "call_id": call["call_id"], "output": "{}"}
        for items, error, text in (
            ([question, reasoning, call, output], openai.NotFoundError, "Items are not persisted"),
            ([question, call, output], openai.BadRequestError, "without its required 'reasoning' item"),
            ([question, {**call, "id": None}], openai.BadRequestError, "No tool output found"),
        ):
            with pytest.raises(error, match=text):
                await sdk.responses.create(model=MODEL, input=items, tools=[TOOL], store=False)  # type: ignore[arg-type]
        with pytest.raises(openai.BadRequestError) as unknown:
            await sdk.responses.create(model=MODEL, input="hi", previous_response_id="resp_x")
    assert unknown.value.code == "previous_response_not_found"


@pytest.mark.parametrize(
    ("model", "more", "error", "param"),
    [
        ("gpt-6-astra", {"temperature": 0.3}, openai.BadRequestError, "temperature"),
        ("gpt-6-astra", {"reasoning": {"effort": "none"}}, openai.BadRequestError, "reasoning.effort"),
        ("gpt-4.1", {"reasoning": {"effort": "low"}}, openai.BadRequestError, "reasoning.effort"),
        ("gpt-4.1", {"include": ["reasoning.encrypted_content"]}, openai.BadRequestError, "include"),
        ("m", {}, openai.NotFoundError, None),
    ],
)
async def test_the_model_decides_what_is_refused(
    emulator: tuple[OpenAIEmulator, str], model: str, more: Any, error: Any, param: str | None
) -> None:
    """As in Chat Completions."""
    async with client(emulator[1]) as sdk:
        with pytest.raises(error) as raised:
            await sdk.responses.create(model=model, input="hi", **more)

    assert raised.value.param == param


async def test_all_tokens_may_be_spent_on_reasoning(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Then the response is incomplete and has no text."""
    async with client(emulator[1]) as sdk:
        response = await sdk.responses.create(model=MODEL, input="hours", max_output_tokens=16)

    assert (response.status, response.output_text) == ("incomplete", "")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"


async def test_a_failed_stream_and_other_faults(emulator: tuple[OpenAIEmulator, str]) -> None:
    """An error is an event; a lost connection and a status raise."""
    made, url = emulator
    async with client(url) as sdk:
        made.runtime_settings.update({"llm_fault": "error_mid"})
        stream = await sdk.responses.create(model=MODEL, input="hours", stream=True)
        kinds = [event.type async for event in stream]
        assert kinds[-2:] == ["error", "response.failed"]
        for fault, error in (
            ("close_mid", openai.APIConnectionError),
            ("insufficient_quota", openai.RateLimitError),
            ("overloaded", openai.InternalServerError),
        ):
            made.runtime_settings.update({"llm_fault": fault})
            with pytest.raises(error):
                async for _ in await sdk.responses.create(model=MODEL, input="hours", stream=True):
                    pass


async def test_the_journal_has_the_call_and_its_tokens(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Benchmarks match tokens to calls by it."""
    made, url = emulator
    async with client(url) as sdk:
        stream = await sdk.responses.create(model=MODEL, input="hours", stream=True, safety_identifier="CA1")
        async for _ in stream:
            pass
        await eventually(lambda: "done" in [entry["kind"] for entry in made.journal.since(0)])
    entries = made.journal.since(0)
    assert [entry["kind"] for entry in entries] == ["request", "first_token", "done"]
    assert {entry["call_sid"] for entry in entries} == {"CA1"}
    assert len(entries[-1]["tokens"]) == len(entries[-1]["sent_at_us"]) > 5


async def test_only_openai_and_azure_have_the_api(emulator: tuple[OpenAIEmulator, str]) -> None:
    """Others do not know the address; a body that is not JSON is refused."""
    root = emulator[1].removesuffix("/v1")
    async with httpx.AsyncClient(headers={"authorization": "Bearer k"}) as raw:
        body = {"model": "any", "input": "hours"}
        found = [
            await raw.post(f"{root}{path}/responses", json=body)
            for path in ("/mistral/v1", "/azure/openai/v1")
        ]
        broken = await raw.post(f"{root}/v1/responses", content=b"{")

    assert [reply.status_code for reply in found] == [404, 200]
    assert broken.status_code == 400
