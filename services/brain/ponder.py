"""The model at work on an answer: asked, asked again, another asked; what comes of it goes to an inbox."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from parley.agent import Thinking
from parley.errors import VendorError
from parley.stage import OwnedCall
from services.brain.draft import Draft
from services.brain.prompt import Message
from services.brain.vendors import Model, Thought

_MOST_TRIES = 4
"""In one turn, over all its replies: a model that always breaks off is not asked for ever."""


@dataclass(frozen=True, slots=True)
class Pondered:
    """What came of a draft; of no use once it was dropped."""

    draft: Draft
    thought: Thought | VendorError
    asked_ms: int = 0
    """Call time of the question."""
    first_ms: int = 0
    """Call time of the first thought on it."""


@dataclass(slots=True)
class _Work:
    draft: Draft
    told: Sequence[Message]
    task: asyncio.Task[None]


class Ponder:
    """One call's; it works on one draft at a time."""

    def __init__(
        self,
        call: OwnedCall,
        model: Model,
        tools: Sequence[dict[str, Any]],
        deliver: Callable[[Pondered], Awaitable[None]],
    ) -> None:
        self._call = call
        self._model = model
        self._tools = tools
        self._deliver = deliver
        self._work: _Work | None = None
        self._failed_turn = 0
        self._failures = 0

    @property
    def draft(self) -> Draft | None:
        """What is worked on."""
        return self._work.draft if self._work is not None else None

    def begin(self, draft: Draft, told: Sequence[Message], tasks: asyncio.TaskGroup) -> None:
        """Work on this from now on."""
        self.stop()
        thinking = self._thinking(draft.turn)
        task = tasks.create_task(self._ask(draft, told, thinking), name="think")
        self._work = _Work(draft, told, task)

    def failed(self, error: VendorError, tasks: asyncio.TaskGroup) -> bool:
        """Ask again, or the second model; False when there is nobody left to ask."""
        work = self._work
        if work is None:
            return False
        self._count(work.draft.turn)
        thinking = self._thinking(work.draft.turn)
        same = thinking.model == self._call.agent.thinking.model
        if self._failures >= self._tries or (same and not error.retryable):
            return False
        if work.draft.untouched:
            work.draft.retry()
            work.task = tasks.create_task(self._ask(work.draft, work.told, thinking), name="think again")
        return True

    def stop(self) -> None:
        """Work on nothing any more."""
        if self._work is not None:
            self._work.task.cancel()
            self._work = None

    @property
    def _tries(self) -> int:
        return _MOST_TRIES if self._call.agent.thinking.second_model else _MOST_TRIES // 2

    def _count(self, turn: int) -> None:
        self._failures = self._failures + 1 if turn == self._failed_turn else 1
        self._failed_turn = turn

    def _thinking(self, turn: int) -> Thinking:
        """After a failure the second model, if there is one."""
        first = self._call.agent.thinking
        if turn == self._failed_turn and self._failures and first.second_model:
            return first.model_copy(update={"model": first.second_model})
        return first

    async def _ask(self, draft: Draft, told: Sequence[Message], thinking: Thinking) -> None:
        first_token = self._call.telemetry.vendor_seconds.labels(vendor=thinking.provider, what="first_token")
        now_ms = self._call.log.now_ms
        asked_at, asked_ms, first_ms = asyncio.get_running_loop().time(), now_ms(), 0
        try:
            thoughts = self._model.think(thinking, told, self._tools, call_sid=self._call.call_sid)
            async with aclosing(thoughts):
                async for thought in thoughts:
                    if not first_ms:
                        first_ms = now_ms()
                        first_token.observe(asyncio.get_running_loop().time() - asked_at)
                    await self._deliver(Pondered(draft, thought, asked_ms, first_ms))
        except VendorError as error:
            await self._deliver(Pondered(draft, error))
