"""Chooses the reader and the time limits of an answer, and keeps private text out of its errors."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import httpx2

from parley.errors import ProviderError
from parley.providers.llm import Done, LlmEvent
from services.brain.providers.openai.chat_reader import ChatReader
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.request import Request
from services.brain.providers.openai.responses_reader import ResponsesReader
from services.brain.providers.openai.thinking_models import ThinkingModels
from services.brain.providers.streams.pause_limits import PauseLimits
from services.brain.providers.streams.safe_text import safe_message
from services.brain.providers.streams.stream_events import read_answer


class Answers:
    """Reads the answers of all models of a process."""

    def __init__(self, token_timeout_s: float, tool_call_timeout_s: float) -> None:
        self._limits = PauseLimits(token_timeout_s, tool_call_timeout_s)
        self._thinking = ThinkingModels()

    async def read(
        self,
        response: httpx2.Response,
        request: Request,
        *,
        base_url: str,
        deadline_s: float,
        private: Iterable[str],
    ) -> AsyncGenerator[LlmEvent]:
        """Yield the events of an answer whose content must begin before `deadline_s` of the loop's clock.

        Raises:
            ProviderError: the answer is an error, late, broken or incomplete; without texts in `private`.
        """
        model = f"{base_url} {request.body.get('model')}"
        tools = request.body.get("tools") or ()
        reader = self._reader(request, model, tools)
        limits = self._limits.of(model, deadline_s - asyncio.get_running_loop().time())
        try:
            async with (
                aclosing(response.aiter_bytes()) as body,
                aclosing(
                    read_answer(body, reader, limits, has_tools=bool(tools), provider=PROVIDER)
                ) as events,
            ):
                async for event in events:
                    if isinstance(event, Done) and isinstance(reader, ChatReader):
                        self._thinking.observe(model, closed_without_opening=reader.closed_without_opening)
                    yield event
        except ProviderError as error:
            raise type(error)(error.provider, safe_message(error.reason, tuple(private))) from error

    def _reader(self, request: Request, model: str, tools: Iterable[object]) -> ChatReader | ResponsesReader:
        if request.api == "responses":
            return ResponsesReader(_names(tools))
        return ChatReader(_names(tools), thinks_first=self._thinking.thinks_first(model))


def _names(tools: Iterable[object]) -> list[str]:
    functions = [tool.get("function", tool) for tool in tools if isinstance(tool, dict)]
    return [str(function.get("name")) for function in functions if isinstance(function, dict)]
