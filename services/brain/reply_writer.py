"""Writes the agent's replies to the call's log: fixed texts, and answers while the model generates them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import structlog

from parley.agent_config import AgentConfig
from parley.providers.llm import Message
from parley.v1.reply_pb2 import (
    REPLY_KIND_ANSWER,
    ReplyCancelled,
    ReplyFinished,
    ReplyKind,
    ReplyReleased,
    TokensUsed,
    ToolCalled,
)
from services.brain.conversation import Conversation
from services.brain.generation.generator import AnswerRequest, GenerationEvent
from services.brain.generation.prompt import build_messages
from services.brain.generation.repetitions import NOTHING_SPOKEN, Spoken, spoken_of
from services.brain.generation.reply_builder import ReplyBuilder
from services.brain.generation.requested_tools import SURPLUS
from services.brain.metrics import BrainMetrics
from services.brain.policies.openers import choose_opener
from services.brain.policies.tool_rounds import reached_limit
from services.brain.session_log import SessionLog
from services.brain.tools import TurnRetrieval

log = structlog.get_logger()

_REQUEST_FLUSH_DELAY_S = 0.004
"""Sending a model request takes several iterations of the event loop; starting other work at once would delay
it."""


class AnswerGenerator(Protocol):
    """Generates the answers of one call, one at a time."""

    @property
    def reply_id(self) -> str | None:
        """Id of the reply that is being generated."""

    async def warm_up(self) -> None:
        """Prepare for a request within the next seconds."""

    def start(self, answer: AnswerRequest, tasks: asyncio.TaskGroup) -> None:
        """Stop the current reply and generate this one."""

    def stop(self) -> None:
        """Stop the generation."""


class ReplyWriter:
    """Writes the replies of one call; at most one answer is generated at a time."""

    def __init__(
        self,
        agent: AgentConfig,
        log: SessionLog,
        generator: AnswerGenerator,
        metrics: BrainMetrics,
        *,
        tool_names: Callable[[], Sequence[str]],
        terminal_tools: frozenset[str],
        retrieval: TurnRetrieval | None = None,
    ) -> None:
        self._agent = agent
        self._log = log
        self._generator = generator
        self._metrics = metrics
        self._tool_names = tool_names
        self._terminal_tools = terminal_tools
        self._retrieval = retrieval if retrieval is not None and retrieval.for_each_turn else None
        self._deferred_tool_calls: list[ToolCalled] = []
        """Tool calls of a speculative answer: they run only after its release."""

    async def write_text(
        self, kind: ReplyKind, text: str, turn: int = 0, *, uninterruptible: bool = False
    ) -> str:
        """Write a reply with a fixed text; return its id."""
        builder = self._new_builder(turn)
        started = builder.start(kind, uninterruptible=uninterruptible)
        await self._log.append(*started, *builder.from_text(text))
        return builder.reply_id

    async def answer(self, turn: int, tasks: asyncio.TaskGroup) -> None:
        """Start to generate the answer to a finished turn."""
        await self._generate(turn, self._log.conversation, tasks)

    async def speculate(self, turn: int, tasks: asyncio.TaskGroup) -> None:
        """Start to generate an answer to the predicted turn; it is not played before its release."""
        conversation = self._log.conversation
        predicted = conversation.predicted_turn
        text = predicted.text if predicted is not None else ""
        await self._generate(turn, conversation.with_predicted_turn(), tasks, predicted_text=text)

    async def release(self, reply_id: str) -> None:
        """Allow the playback of a speculative reply, and make its tool calls."""
        deferred, self._deferred_tool_calls = self._deferred_tool_calls, []
        await self._log.append(ReplyReleased(reply_id=reply_id), *deferred)

    async def cancel(self, reply_id: str, reason: str) -> None:
        """Cancel a reply and its generation."""
        if self._generator.reply_id == reply_id:
            self._generator.stop()
        await self._log.append(ReplyCancelled(reply_id=reply_id, reason=reason))

    async def close_unfinished(self) -> None:
        """After a takeover: end the replies that the previous owner left unfinished.

        Their turns then count as unanswered. Speculative replies and those without any text are cancelled; a
        reply with some text is marked as interrupted, so that the next one continues it.
        """
        for reply in self._log.conversation.active_replies:
            reply_id, clauses = reply.reply_id, len(reply.clauses)
            if reply.speculative or not (reply.finished or reply.clauses):
                await self._log.append(ReplyCancelled(reply_id=reply_id, reason="speculation"))
            elif not reply.finished:
                await self._log.append(
                    ReplyFinished(reply_id=reply_id, clauses=clauses, reason="interrupted")
                )

    async def on_generation(self, event: GenerationEvent) -> None:
        """Write the next part of the answer; ignores events of a stopped generation."""
        if event.reply_id != self._generator.reply_id:
            # The tokens of an answer count even if it came too late.
            await self._log.append(*(body for body in event.bodies if isinstance(body, TokensUsed)))
            return
        if any(isinstance(body, ToolCalled) and body.problem == SURPLUS for body in event.bodies):
            self._on_tool_limit("calls_per_answer", event.reply_id)
        speculative = self._log.conversation.reply(event.reply_id).speculative
        for body in event.bodies:
            if speculative and isinstance(body, ToolCalled):
                self._deferred_tool_calls.append(body)
            else:
                await self._log.append(body)
        if self._log.conversation.reply(event.reply_id).finished:
            self._generator.stop()

    async def _generate(
        self,
        turn: int,
        conversation: Conversation,
        tasks: asyncio.TaskGroup,
        *,
        predicted_text: str = "",
    ) -> None:
        opener = choose_opener(conversation.pending_user_text, conversation, self._agent)
        limit = reached_limit(conversation, self._agent)
        # Clauses that a speech-to-speech model repeats are audible already.
        spoken = NOTHING_SPOKEN if self._agent.is_realtime else spoken_of(conversation)
        builder = self._new_builder(turn, opener, tools_allowed=limit is None, spoken=spoken)
        if limit is not None:
            self._on_tool_limit(limit, builder.reply_id)
        started = builder.start(REPLY_KIND_ANSWER, predicted_text=predicted_text)
        self._deferred_tool_calls.clear()
        messages = partial(_messages_for, self._agent, conversation, opener)
        passages = partial(self._retrieval.passages, conversation) if self._retrieval is not None else None
        request = AnswerRequest(builder, messages, conversation.totals.inputs, passages)
        self._generator.start(request, tasks)
        await asyncio.sleep(_REQUEST_FLUSH_DELAY_S)
        await self._log.append(*started)

    def _on_tool_limit(self, limit: str, reply_id: str) -> None:
        log.warning("tool_limit_reached", limit=limit, reply_id=reply_id)
        self._metrics.tool_limits.labels(limit=limit).inc()

    def _new_builder(
        self, turn: int, opener: str = "", *, tools_allowed: bool = True, spoken: Spoken = NOTHING_SPOKEN
    ) -> ReplyBuilder:
        conversation = self._log.conversation
        return ReplyBuilder(
            f"r{conversation.totals.replies + 1}",
            turn,
            self._terminal_tools,
            opener,
            by_phrase=self._agent.tts.first_chunk == "phrase",
            language=self._agent.tts.language or self._agent.stt.language,
            used_tool_call_ids=conversation.tool_call_ids,
            dtmf_inputs=conversation.totals.dtmf_inputs,
            tool_names=self._tool_names(),
            tools_allowed=tools_allowed,
            spoken=spoken,
            running_tool_call_ids=[call.tool_call_id for call in conversation.pending_tool_calls],
        )


def _messages_for(
    agent: AgentConfig, conversation: Conversation, opener: str, route: str
) -> Sequence[Message]:
    return build_messages(agent, conversation, opener, route=route)
