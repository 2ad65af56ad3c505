"""Requests notes on the older part of a call from the call's models, in the background."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from parley.errors import (
    ProviderEmptyAnswer,
    ProviderError,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.fallback_chain import Attempt, FallbackChain, Request, Route
from parley.providers.llm import Done, LlmEvent, TextDelta
from parley.v1.reply_pb2 import TokensUsed
from services.brain.generation.llm_route import LlmRoute
from services.brain.generation.model_text import clean, is_speakable
from services.brain.generation.summary_request import (
    MAX_SUMMARY_CHARACTERS,
    cut_summary,
    summary_messages,
)
from services.brain.generation.token_usage import RequestUsage
from services.brain.window import Earlier, Split

log = structlog.get_logger()

_ATTEMPTS = 2
_ATTEMPT_TIMEOUT_S = 12.0
_MAX_TOKENS = 800
"""Tokens of the notes, which have 300 words at most."""


@dataclass(frozen=True, slots=True)
class SummaryResult:
    """Notes on the part of a call up to a reply; empty if no model wrote any."""

    through_reply_id: str
    through_turn: int
    text: str = ""
    provider: str = ""
    model: str = ""


class Summarizer:
    """Requests the notes of one call, one request at a time; it emits a result unless it is stopped."""

    def __init__(
        self,
        chain: FallbackChain[LlmRoute],
        emit: Callable[[SummaryResult], Awaitable[None]],
        *,
        report_usage: Callable[[TokensUsed], None],
    ) -> None:
        self._chain = chain
        self._emit = emit
        self._report_usage = report_usage
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a request was started and not stopped; the receiver of its result stops it."""
        return self._task is not None

    def start(self, earlier: Earlier, split: Split, tasks: asyncio.TaskGroup) -> None:
        """Request notes on the part that leaves, unless a request is running."""
        if not self.running:
            self._task = tasks.create_task(self._summarize(earlier, split), name="summarize the call")

    def stop(self) -> None:
        """Stop the request, because an answer is needed from the same models."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _summarize(self, earlier: Earlier, split: Split) -> None:
        request = self._chain.request(turn=split.last_turn)
        result = SummaryResult(split.last_reply_id, split.last_turn)
        for _ in range(_ATTEMPTS):
            route = request.next_route()
            if route is None:
                break
            try:
                text = await self._attempt(request, route, earlier, split)
            except ProviderError as error:
                log.warning("summary_failed", route=route.name, code=error.code)
                continue
            result = SummaryResult(
                result.through_reply_id, result.through_turn, text, route.provider, route.model
            )
            break
        await self._emit(result)

    async def _attempt(
        self, request: Request[LlmRoute], route: Route[LlmRoute], earlier: Earlier, split: Split
    ) -> str:
        async with request.attempt(route) as attempt:
            try:
                async with asyncio.timeout(_ATTEMPT_TIMEOUT_S):
                    return await self._request(route, attempt, earlier, split)
            except TimeoutError:
                raise ProviderTimeout(route.provider, "no notes within the time limit") from None
            except ProviderRejected as error:
                # Answers may still succeed: a rejection would open the circuit of the route for all calls.
                raise ProviderUnavailable(route.provider, f"request for notes: {error.reason}") from None

    async def _request(self, route: Route[LlmRoute], attempt: Attempt, earlier: Earlier, split: Split) -> str:
        config = route.target.config
        client = await route.target.client()
        messages = summary_messages(earlier, split.leaving)
        chunks = client.stream(
            config.model_copy(update={"max_tokens": max(config.max_tokens, _MAX_TOKENS)}),
            messages,
            [],
            call_sid=self._chain.call_sid,
        )
        with RequestUsage(attempt, config.price, self._report_usage) as usage:
            usage.sent(messages, ())
            async with aclosing(chunks):
                text = await _read(chunks, usage)
        if not is_speakable(text):
            raise ProviderEmptyAnswer(route.provider, "notes without content")
        return text


async def _read(chunks: AsyncGenerator[LlmEvent], usage: RequestUsage) -> str:
    text = ""
    async for chunk in chunks:
        usage.received(chunk)
        match chunk:
            case TextDelta() if len(text) < 2 * MAX_SUMMARY_CHARACTERS:
                text += chunk.text
            case Done():
                break
            case _:
                pass
    return cut_summary(clean(text))
