"""Tests for the provider `openai` with the emulator and its faults."""

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
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from parley.runtime.health import serve
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from services.brain.providers.openai.provider import open_client
from services.brain.settings import BrainSettings

CONFIG = LlmConfig(timeout_s=0.5)
MESSAGES = [{"role": "user", "content": "hello"}]
END_CALL: dict[str, Any] = {"type": "function", "function": {"name": "end_call"}}


@pytest.fixture
async def emulator() -> AsyncIterator[tuple[OpenAIEmulator, str]]:
    """A fast emulator and its base URL."""
    fast = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=5, tokens_per_s=1000))
    async with serve(fast.app(), "127.0.0.1", 0) as port:
        yield fast, f"http://127.0.0.1:{port}/v1"


def settings(url: str, key: str = "k") -> BrainSettings:
    return BrainSettings(openai_api_key=key, openai_base_url=url, llm_token_timeout_s=0.5)  # type: ignore[arg-type]


async def stream(url: str, text: str = "hello", key: str = "k") -> list[LlmEvent]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": text}]
    async with open_client(settings(url, key)) as client:
        return [event async for event in client.stream(CONFIG, messages, [END_CALL], call_sid="CA1")]


async def test_text_is_followed_by_tool_calls_and_the_end(emulator: tuple[OpenAIEmulator, str]) -> None:
    """A tool call that arrives in pieces is joined; the usage comes before the end."""
    *deltas, tool_call, usage, done = await stream(emulator[1], "goodbye")

    assert "".join(d.text for d in deltas if isinstance(d, TextDelta)).startswith("You are welcome.")
    assert isinstance(tool_call, ToolCallRequest)
    assert (tool_call.name, tool_call.arguments) == ("end_call", "{}")
    assert isinstance(usage, TokenUsage)
    assert usage.output > 0
    assert done == Done("tool_calls")


@pytest.mark.parametrize(
    ("fault", "expected"),
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
async def test_each_fault_raises_its_error(
    emulator: tuple[OpenAIEmulator, str], fault: dict[str, Any], expected: type[ProviderError]
) -> None:
    """The error type, which decides on retries, matches the fault."""
    emulator[0].runtime_settings.update(fault)

    with pytest.raises(expected):
        await stream(emulator[1])


async def test_an_invalid_key_names_the_variable(emulator: tuple[OpenAIEmulator, str]) -> None:
    """The error in the log names the environment variable of the key."""
    with pytest.raises(ProviderRejected, match="OPENAI_API_KEY"):
        await stream(emulator[1], key="bad")


async def test_an_unreachable_server_is_unavailable() -> None:
    """A refused connection raises ProviderUnavailable."""
    with pytest.raises(ProviderUnavailable):
        await stream("http://127.0.0.1:1/v1")


async def test_a_request_uses_the_connection_of_the_warm_up(emulator: tuple[OpenAIEmulator, str]) -> None:
    """A second warm-up within 20 s does nothing."""
    requests: list[tuple[str, int]] = []
    app = emulator[0].app()

    async def recording_app(scope: Any, receive: Any, send: Any) -> None:
        requests.append((scope["path"], scope["client"][1]))
        await app(scope, receive, send)

    async with serve(recording_app, "127.0.0.1", 0) as port:
        async with open_client(settings(f"http://127.0.0.1:{port}/v1")) as client:
            await client.warm_up()
            async for _ in client.stream(CONFIG, MESSAGES, [], call_sid="CA1"):
                pass
            await client.warm_up()

    assert [path for path, _ in requests] == ["/v1/models", "/v1/chat/completions"]
    assert len({client_port for _, client_port in requests}) == 1
