"""The brain's model over the provider's SDK, against the stand-in and its faults."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from parley.agent_config import LlmConfig
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.llm import Done, LlmEvent, TextDelta, ToolCallRequest
from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.openai import open_client
from services.brain.settings import BrainSettings

THINKING = LlmConfig(timeout_s=0.5)


@pytest.fixture
async def stand_in() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """A quick one, and its address."""
    made = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(made.app(), "127.0.0.1", 0) as port:
        yield made, f"http://127.0.0.1:{port}/v1"


async def think(url: str, text: str = "hello", key: str = "k") -> list[LlmEvent]:
    settings = BrainSettings(openai_api_key=key, openai_base_url=url, llm_token_timeout_s=0.5)  # type: ignore[arg-type]
    told: list[dict[str, Any]] = [{"role": "user", "content": text}]
    async with open_client(settings) as model:
        return [thought async for thought in model.stream(THINKING, told, [], call_sid="CA1")]


async def test_tokens_then_tools_then_the_end(stand_in: tuple[OpenAIEmulator, str]) -> None:
    """A tool call in pieces is given whole."""
    *tokens, tool, finished = await think(stand_in[1], "goodbye")

    assert "".join(t.text for t in tokens if isinstance(t, TextDelta)).startswith("You are welcome.")
    assert isinstance(tool, ToolCallRequest)
    assert (tool.name, tool.arguments) == ("end_call", "{}")
    assert finished == Done("tool_calls")


@pytest.mark.parametrize(
    ("change", "meaning"),
    [
        ({"llm_refuse": 401}, ProviderRejected),
        ({"llm_refuse": 400}, ProviderRejected),
        ({"llm_refuse": 429}, ProviderRateLimited),
        ({"llm_refuse": 500}, ProviderUnavailable),
        ({"llm_fault": "hang"}, ProviderTimeout),
        ({"llm_fault": "hang_mid"}, ProviderTimeout),
        ({"llm_fault": "close_mid"}, ProviderUnavailable),
        ({"llm_fault": "garbage"}, ProviderUnavailable),
    ],
)
async def test_each_fault_has_its_meaning(
    stand_in: tuple[OpenAIEmulator, str], change: dict[str, Any], meaning: type[ProviderError]
) -> None:
    """Refused, busy, late or broken: it decides whether to try again."""
    stand_in[0].runtime_settings.update(change)

    with pytest.raises(meaning):
        await think(stand_in[1])


async def test_a_refused_key_names_the_variable(stand_in: tuple[OpenAIEmulator, str]) -> None:
    """So that whoever reads the log knows what to do."""
    with pytest.raises(ProviderRejected, match="OPENAI_API_KEY"):
        await think(stand_in[1], key="bad")


async def test_nobody_at_the_address_is_broken() -> None:
    """Not a stack in the log."""
    with pytest.raises(ProviderUnavailable):
        await think("http://127.0.0.1:1/v1")


async def test_a_warm_model_answers_over_the_connection_that_is_open(
    stand_in: tuple[OpenAIEmulator, str],
) -> None:
    """Warming opens it, the question finds it open, warming again so soon does nothing."""
    ports: list[tuple[str, int]] = []
    app = stand_in[0].app()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        ports.append((scope["path"], scope["client"][1]))
        await app(scope, receive, send)

    async with serve(watched, "127.0.0.1", 0) as port:
        url = f"http://127.0.0.1:{port}/v1"
        settings = BrainSettings(openai_api_key="k", openai_base_url=url)  # type: ignore[arg-type]
        async with open_client(settings) as model:
            await model.warm_up()
            told: list[dict[str, Any]] = [{"role": "user", "content": "hello"}]
            async for _ in model.stream(THINKING, told, [], call_sid="CA1"):
                pass
            await model.warm_up()

    assert [path for path, _ in ports] == ["/v1/models", "/v1/chat/completions"]
    assert len({port for _, port in ports}) == 1
