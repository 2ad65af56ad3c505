"""Generates answers: requests the call's models in order of preference and emits the reply's events."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import structlog

from parley.errors import ProviderError, ProviderUnavailable
from parley.events.envelope import Body
from parley.providers.fallback_chain import Attempt, FallbackChain, Request
from parley.providers.llm import Done, Message
from services.brain.generation.llm_route import LlmRoute
from services.brain.generation.reply_builder import ReplyBuilder

log = structlog.get_logger()

_WARM_UP_TIMEOUT_S = 5.0
"""The end of the call waits for a warm-up."""


@dataclass(frozen=True, slots=True)
class GenerationEvent:
    """Events of a reply in progress; stale once the generation of this reply has been stopped."""

    reply_id: str
    bodies: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    reply_id: str
    task: asyncio.Task[None]


class Generator:
    """Generates the answers of one call, one at a time.

    All answers to one turn share a request, which limits the attempts on each model per turn: an answer
    that breaks off is continued by another model, but not indefinitely.
    """

    def __init__(
        self,
        chain: FallbackChain[LlmRoute],
        tools: Sequence[dict[str, Any]],
        now_ms: Callable[[], int],
        emit: Callable[[GenerationEvent], Awaitable[None]],
    ) -> None:
        """Create a generator; `now_ms` returns the call time, `tools` are definitions for the model."""
        self._chain = chain
        self._tools = tools
        self._now_ms = now_ms
        self._emit = emit
        self._request = chain.request()
        self._job: _Job | None = None

    @property
    def reply_id(self) -> str | None:
        """Id of the reply that is being generated."""
        return self._job.reply_id if self._job is not None else None

    async def warm_up(self) -> None:
        """Prepare the preferred model's client for a request within the next seconds."""
        # A failure is ignored: the next request fails as well and reports it.
        with suppress(ProviderError, TimeoutError):
            async with asyncio.timeout(_WARM_UP_TIMEOUT_S):
                client = await self._chain.routes[0].target.client()
                await client.warm_up()

    def start(self, builder: ReplyBuilder, messages: Sequence[Message], tasks: asyncio.TaskGroup) -> None:
        """Stop the current reply and generate this one."""
        self.stop()
        if self._request.turn != builder.turn or self._request.next_route() is None:
            self._request = self._chain.request(turn=builder.turn)
        generation = self._generate(builder, messages, self._request)
        self._job = _Job(builder.reply_id, tasks.create_task(generation, name="generate an answer"))

    def stop(self) -> None:
        """Stop the generation."""
        if self._job is not None:
            self._job.task.cancel()
            self._job = None

    async def _generate(
        self, builder: ReplyBuilder, messages: Sequence[Message], request: Request[LlmRoute]
    ) -> None:
        while builder.is_empty and (route := request.next_route()) is not None:
            builder.reset()
            try:
                async with request.attempt(route) as attempt:
                    await self._stream(builder, messages, route.target, attempt)
            except ProviderError:
                continue
            return
        if not builder.is_empty and request.next_route() is not None:
            # The brain answers an interrupted reply's turn again: the next model continues the text.
            await self._emit(GenerationEvent(builder.reply_id, tuple(builder.interrupt())))
            return
        log.error("answer_failed", turn=builder.turn, reply_id=builder.reply_id)
        await self._emit(GenerationEvent(builder.reply_id, tuple(builder.fail())))

    async def _stream(
        self, builder: ReplyBuilder, messages: Sequence[Message], route: LlmRoute, attempt: Attempt
    ) -> None:
        client = await route.client()
        requested_ms, first_token_ms = self._now_ms(), 0
        chunks = client.stream(route.config, messages, self._tools, call_sid=self._chain.call_sid)
        async with aclosing(chunks):
            async for chunk in chunks:
                if not first_token_ms:
                    first_token_ms = self._now_ms()
                    attempt.first_output("first_token")
                if isinstance(chunk, Done):
                    # Recorded before the last event is emitted, because its receiver stops this task.
                    attempt.succeeded()
                bodies = builder.on_chunk(chunk, requested_ms=requested_ms, first_token_ms=first_token_ms)
                if bodies:
                    await self._emit(GenerationEvent(builder.reply_id, tuple(bodies)))
                if isinstance(chunk, Done):
                    return
        raise ProviderUnavailable(route.config.provider, "the stream ended without Done")
