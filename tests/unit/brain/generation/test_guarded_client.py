"""Clients of third-party providers."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from parley.agent_config import LlmConfig
from parley.errors import ProviderUnavailable
from parley.providers.llm import MAX_TOKENS, Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from services.brain.generation.guarded_client import GuardedClient


class Client:
    """Yields what it was given, and raises exceptions."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    async def warm_up(self) -> None:
        """Fail."""
        raise KeyError

    async def stream(self, *_arguments: Any, **_options: Any) -> AsyncGenerator[LlmEvent]:
        """Yield the items."""
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item


async def read(*items: Any) -> list[LlmEvent]:
    client = GuardedClient("p", Client(*items))
    return [event async for event in client.stream(LlmConfig(), [], [], call_sid="CA1")]


async def test_events_are_made_encodable() -> None:
    """Lone surrogates, NUL and numbers that JSON does not have."""
    call = ToolCallRequest("1\0", "a", "{\ud800}", {"x": float("nan")})

    usage = TokenUsage(input=-1, output=10**20)

    assert await read(TextDelta("Hi"), TextDelta("\ud800\0"), call, usage, Done("stop")) == [
        TextDelta("Hi"),
        TextDelta("\ufffd"),
        ToolCallRequest("1", "a", "{\ufffd}", {"x": None}),
        TokenUsage(output=MAX_TOKENS),
        Done("stop"),
    ]


@pytest.mark.parametrize("item", [KeyError("x"), "text", None, TextDelta(None)], ids=repr)  # type: ignore[arg-type]
async def test_anything_else_is_a_failure(item: Any) -> None:
    """An exception or an object other than an event."""
    with pytest.raises(ProviderUnavailable):
        await read(item)


async def test_a_warm_up_may_fail() -> None:
    """As a ProviderError, which is ignored."""
    with pytest.raises(ProviderUnavailable):
        await GuardedClient("p", Client()).warm_up()


class NoGenerator(Client):
    """A client without a generator."""

    def stream(self, *_arguments: Any, **_options: Any) -> Any:
        """Return nothing."""


async def test_a_client_without_a_stream_is_a_failure() -> None:
    """Its answer cannot be read."""
    with pytest.raises(ProviderUnavailable):
        async for _ in GuardedClient("p", NoGenerator()).stream(LlmConfig(), [], [], call_sid="CA1"):
            pass
