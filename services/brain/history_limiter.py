"""Limits the dialogue in a call's requests to the model, as the agent file requests."""

import asyncio

import structlog

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import ConversationSummarized
from services.brain.generation.summarizer import Summarizer, SummaryResult
from services.brain.policies import history_policy
from services.brain.policies.history_policy import LeaveOut, Summarize
from services.brain.session_log import SessionLog

log = structlog.get_logger()

_INPUTS_BEFORE_RETRY = 3
"""Inputs of the caller between two requests for notes, after no model wrote any."""


class HistoryLimiter:
    """Requests notes on the older turns of one call, or leaves these turns out."""

    def __init__(self, agent: AgentConfig, log: SessionLog, summarizer: Summarizer) -> None:
        self._agent = agent
        self._log = log
        self._summarizer = summarizer
        self._retry_at_input = 0

    async def limit(self, tasks: asyncio.TaskGroup) -> None:
        """Do what the policy decides; notes are requested in the background."""
        if self._summarizer.running:
            return
        conversation = self._log.conversation
        match history_policy.decide(self._log.state.floor, conversation, self._agent):
            case Summarize(split=split) if conversation.totals.inputs >= self._retry_at_input:
                self._summarizer.start(conversation.earlier, split, tasks)
            case LeaveOut(split=split):
                log.info("history_left_out", through_turn=split.last_turn)
                await self._log.append(
                    ConversationSummarized(
                        through_reply_id=split.last_reply_id,
                        through_turn=split.last_turn,
                        text=conversation.earlier.summary,
                        incomplete=True,
                    )
                )
            case _:
                pass

    async def on_result(self, result: SummaryResult) -> None:
        """Replace the older turns by notes."""
        self._summarizer.stop()
        if not result.text:
            self._retry_at_input = self._log.conversation.totals.inputs + _INPUTS_BEFORE_RETRY
            return
        log.info("history_summarized", through_turn=result.through_turn, characters=len(result.text))
        await self._log.append(
            ConversationSummarized(
                through_reply_id=result.through_reply_id,
                through_turn=result.through_turn,
                text=result.text,
                provider=result.provider,
                model=result.model,
            )
        )

    def stop(self) -> None:
        """Stop the request for notes, because the caller waits for an answer; it is repeated later."""
        self._summarizer.stop()
