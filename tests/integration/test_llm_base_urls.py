"""Addresses of language models' servers as users write them, and servers that take bearer tokens only."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any
from unittest import mock

import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from parley.agent_config import LlmConfig
from parley.errors import ProviderRejected
from parley.providers.llm import Done, LlmClient, Message, TextDelta
from parley.providers.registry import ProviderContext, load_plugin
from parley.runtime.health import serve
from sandbox.language_models.app import language_models_app
from sandbox.openai.app import OpenAIEmulator
from sandbox.openai.settings import OpenAISandboxSettings
from tests.unit.parley.providers.doubles import make_telemetry


class BearerOnly:
    """A server of Anthropic's protocol that takes its key in the header `authorization` only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.requests: list[bool] = []
        """Whether each request for an answer had the key in that header."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the header that the emulator takes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        accepted = headers.pop(b"authorization", b"") == b"Bearer k"
        headers[b"x-api-key"] = b"k" if accepted else b"bad"
        if scope["method"] == "POST":
            self.requests.append(accepted)
        await self._app({**scope, "headers": [*headers.items()]}, receive, send)


@asynccontextmanager
async def served(*, bearer_only: bool = False) -> AsyncIterator[tuple[str, BearerOnly]]:
    emulator = OpenAIEmulator(OpenAISandboxSettings(first_token_ms=1, tokens_per_s=5000))
    gate = BearerOnly(language_models_app(emulator))
    app = gate if bearer_only else language_models_app(emulator)
    async with serve(app, "127.0.0.1", 0, drain_timeout_s=1) as port:
        yield f"http://127.0.0.1:{port}", gate


@asynccontextmanager
async def opened(provider: str, key: str) -> AsyncIterator[LlmClient]:
    environment = {"MY_KEY": key, "PATH": os.environ.get("PATH", "")}
    async with AsyncExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment, clear=True))
        plugin = load_plugin("llm", provider)
        yield await stack.enter_async_context(plugin.open(ProviderContext(make_telemetry())))


async def answer(client: LlmClient, config: LlmConfig) -> str:
    messages: list[Message] = [{"role": "user", "content": "Hello."}]
    async with aclosing(client.stream(config, messages, [], call_sid="CA1")) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Done)
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def section(provider: str, url: str, **changes: Any) -> LlmConfig:
    options = {"base_url": url, "api_key_env": "MY_KEY"}
    return LlmConfig(provider=provider, options=options, timeout_s=20, **changes)


@pytest.mark.parametrize(
    ("provider", "path", "model"),
    [
        *(("anthropic", f"/anthropic{end}", "") for end in ("/", "/v1", "/v1/", "/v1/messages")),
        *(("gemini", f"/gemini{end}", "") for end in ("/", "/v1beta/")),
        ("gemini", "/gemini", "models/gemini-3.5-flash-lite"),
        *(("openai", end, "") for end in ("/v1/", "/v1/chat/completions", "/v1/responses/")),
    ],
)
async def test_address_is_taken_in_each_form(provider: str, path: str, model: str) -> None:
    """With and without the version, a slash at its end, or the path of a request."""
    async with served() as (url, _), opened(provider, "k") as client:
        changes = {"model": model} if model else {}
        assert await answer(client, section(provider, url + path, **changes))


async def test_server_that_takes_bearer_tokens_only_gets_one() -> None:
    """The first request is corrected; later ones are right at once."""
    async with served(bearer_only=True) as (url, gate), opened("anthropic", "k") as client:
        config = section("anthropic", f"{url}/anthropic")
        with structlog.testing.capture_logs() as lines:
            assert await answer(client, config)
            assert await answer(client, config)

    assert gate.requests == [False, True, True]
    assert [line["refused"] for line in lines if line["event"] == "llm_request_adapted"] == ["x-api-key"]


async def test_wrong_key_is_refused_in_both_forms() -> None:
    async with served(bearer_only=True) as (url, gate), opened("anthropic", "other") as client:
        with pytest.raises(ProviderRejected, match=r"401.*check MY_KEY"):
            await answer(client, section("anthropic", f"{url}/anthropic"))

    assert len(gate.requests) == 2
