"""The model at work on an answer: asked, asked again, another asked; what comes of it goes to an inbox."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import structlog

from parley.agent_config import LlmConfig
from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError
from parley.providers.llm import LlmClient, LlmEvent, Message
from parley.runtime.stage import CallContext
from services.brain.generation.model_selector import ModelSelector
from services.brain.generation.reply_builder import ReplyBuilder

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GenerationEvent:
    """What came of a draft; of no use once it was dropped."""

    reply_builder: ReplyBuilder
    event: LlmEvent | ProviderError
    requested_ms: int = 0
    """Call time of the question."""
    first_ms: int = 0
    """Call time of the first thought on it."""


@dataclass(slots=True)
class _Job:
    draft: ReplyBuilder
    told: Sequence[Message]
    thinking: LlmConfig
    task: asyncio.Task[None]


class Generator:
    """One call's; it works on one draft at a time."""

    def __init__(
        self,
        call: CallContext,
        model: LlmClient,
        tools: Sequence[dict[str, Any]],
        breakers: CircuitBreakers,
        deliver: Callable[[GenerationEvent], Awaitable[None]],
    ) -> None:
        self._call = call
        self._model = model
        self._tools = tools
        self._emit = deliver
        self._work: _Job | None = None
        self._choice = ModelSelector(call.agent.llm, breakers)

    @property
    def reply_builder(self) -> ReplyBuilder | None:
        """What is worked on."""
        return self._work.draft if self._work is not None else None

    def start(self, draft: ReplyBuilder, told: Sequence[Message], tasks: asyncio.TaskGroup) -> None:
        """Work on this from now on."""
        self.stop()
        # Of a turn whose models have all failed, and that is wanted again, the first is asked again.
        thinking = self._choice.next_model(draft.turn, _now_s()) or self._call.agent.llm
        task = tasks.create_task(self._ask(draft, told, thinking), name="think")
        self._work = _Job(draft, told, thinking, task)

    def failed(self, error: ProviderError, tasks: asyncio.TaskGroup) -> bool:
        """Ask again, or another model; False when there is nobody left to ask."""
        work = self._work
        if work is None:
            return False
        if self._choice.failed(work.thinking, _now_s(), retryable=error.retryable):
            log.warning("model left alone for a while", model=work.thinking.model, code=error.code)
        thinking = self._choice.next_model(work.draft.turn, _now_s())
        if thinking is None:
            return False
        if work.draft.is_empty:
            work.draft.reset()
            work.thinking = thinking
            work.task = tasks.create_task(self._ask(work.draft, work.told, thinking), name="think again")
        return True

    def stop(self) -> None:
        """Work on nothing any more."""
        if self._work is not None:
            self._work.task.cancel()
            self._work = None

    async def _ask(self, draft: ReplyBuilder, told: Sequence[Message], thinking: LlmConfig) -> None:
        first_token = self._call.telemetry.provider_seconds.labels(
            provider=thinking.provider, what="first_token"
        )
        now_ms = self._call.log.now_ms
        asked_at, asked_ms, first_ms = _now_s(), now_ms(), 0
        try:
            thoughts = self._model.stream(thinking, told, self._tools, call_sid=self._call.call_sid)
            async with aclosing(thoughts):
                async for thought in thoughts:
                    if not first_ms:
                        first_ms = now_ms()
                        self._choice.worked(thinking)
                        first_token.observe(_now_s() - asked_at)
                    await self._emit(GenerationEvent(draft, thought, asked_ms, first_ms))
        except ProviderError as error:
            await self._emit(GenerationEvent(draft, error))


def _now_s() -> float:
    return asyncio.get_running_loop().time()
