"""Wraps a provider's client: answers fail only with ProviderError and contain only encodable text."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from parley.agent_config import LlmConfig
from parley.errors import ProviderUnavailable
from parley.providers.llm import (
    Done,
    LlmClient,
    LlmEvent,
    Message,
    TextDelta,
    TokenUsage,
    ToolCallRequest,
    ToolChoice,
)
from parley.providers.provider_code import guarded, provider_code
from parley.providers.untrusted import clean_json, clean_text

_MAX_REASON_CHARS = 50


class GuardedClient:
    """An LlmClient around the client of any provider."""

    def __init__(self, provider: str, client: LlmClient) -> None:
        self._provider = provider
        self._client = client

    async def warm_up(self) -> None:
        """Open a connection that the next request can use."""
        with provider_code(self._provider):
            await self._client.warm_up()

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
        with provider_code(self._provider):
            events = self._client.stream(config, messages, tools, call_sid=call_sid, tool_choice=tool_choice)
        async with aclosing(guarded(self._provider, events)) as answer:
            async for event in answer:
                with provider_code(self._provider):
                    clean = _clean(event, self._provider)
                yield clean


def _clean(event: LlmEvent, provider: str) -> LlmEvent:
    match event:
        case TextDelta(text=text):
            cleaned = clean_text(text)
            return event if cleaned == text else TextDelta(cleaned)
        case ToolCallRequest():
            return ToolCallRequest(
                clean_text(event.tool_call_id),
                clean_text(event.name),
                clean_text(event.arguments),
                clean_json(event.extra),
            )
        case TokenUsage():
            return event.plausible()
        case Done(reason=reason):
            return Done(clean_text(reason, _MAX_REASON_CHARS))
        case _:
            raise ProviderUnavailable(provider, "the answer has an event of an unknown type")
