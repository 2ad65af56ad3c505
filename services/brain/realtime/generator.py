"""Generates the answers of an agent with a speech-to-speech model."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from parley.errors import ProviderError
from services.brain.generation.generator import MAX_FAILURES, AnswerRequest, GenerationEvent
from services.brain.realtime.agent import RealtimeAgent
from services.brain.realtime.voice import Voice

log = structlog.get_logger()

_RETRY_DELAY_S = 0.2
"""Pause before the second response; before the third it is twice as long."""


class RealtimeGenerator:
    """Generates the answers of one agent in one call, one at a time; see `AnswerGenerator`."""

    def __init__(
        self,
        voice: Voice,
        agent: RealtimeAgent,
        emit: Callable[[GenerationEvent], Awaitable[None]],
    ) -> None:
        self._voice = voice
        self._agent = agent
        self._emit = emit
        self._job: tuple[str, asyncio.Task[None]] | None = None
        self._input: tuple[int, int] = (0, 0)
        self._failures = 0
        """Responses that have failed since the caller's last input."""

    @property
    def reply_id(self) -> str | None:
        """Id of the reply that is being generated."""
        return self._job[0] if self._job is not None else None

    async def warm_up(self) -> None:
        """Do nothing: the session is open."""

    def start(self, answer: AnswerRequest, tasks: asyncio.TaskGroup) -> None:
        """Stop the current reply and generate this one."""
        self.stop()
        if self._input != (answer.builder.turn, answer.input_number):
            self._input, self._failures = (answer.builder.turn, answer.input_number), 0
        task = tasks.create_task(self._generate(answer), name="generate an answer")
        self._job = (answer.builder.reply_id, task)

    def stop(self) -> None:
        """Stop the generation."""
        if self._job is not None:
            self._job[1].cancel()
            self._job = None

    async def _generate(self, answer: AnswerRequest) -> None:
        builder = answer.builder
        while self._failures < MAX_FAILURES:
            builder.reset()
            try:
                await self._voice.answer(self._agent, answer)
            except ProviderError as error:
                self._failures += 1
                log.warning(
                    "answer_interrupted", reply_id=builder.reply_id, code=error.code, reason=error.reason
                )
                if builder.characters and self._failures < MAX_FAILURES:
                    # The turn is answered again: the next answer continues after these words.
                    bodies = builder.interrupt(keep_all=True)
                    await self._emit(GenerationEvent(builder.reply_id, tuple(bodies)))
                    return
                await asyncio.sleep(_RETRY_DELAY_S * self._failures)
            else:
                return
        log.error("answer_failed", turn=builder.turn, reply_id=builder.reply_id)
        apology = self._agent.config.apology
        await self._emit(GenerationEvent(builder.reply_id, tuple(builder.fail(apology))))
