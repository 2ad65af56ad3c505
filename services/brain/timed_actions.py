"""Carries out what the timed policies of a call decide: fillers, idle prompts, the limit, escalation."""

import structlog

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import (
    REPLY_KIND_FILLER,
    REPLY_KIND_GOODBYE,
    REPLY_KIND_WARNING,
    FallbackRequested,
    HangUpRequested,
)
from services.brain.policies import call_limit, escalation, fillers, idle_policy
from services.brain.policies.call_limit import EndAtLimit, WarnOfLimit
from services.brain.policies.escalation import RequestFallback
from services.brain.policies.fillers import PlayFiller
from services.brain.policies.idle_policy import EndCall
from services.brain.policies.turn_taking import WaitUntil
from services.brain.reply_writer import ReplyWriter
from services.brain.session_log import SessionLog

log = structlog.get_logger()


class TimedActions:
    """The timed policies of one call; each method returns the call time at which to run it again."""

    def __init__(self, agent: AgentConfig, session_log: SessionLog, replies: ReplyWriter) -> None:
        self._agent = agent
        self._log = session_log
        self._replies = replies

    async def play_filler_if_due(self) -> int | None:
        """Play a filler if the caller has waited long enough."""
        state = self._log.state
        decision = fillers.decide(
            state.latency_wait,
            state.floor,
            state.conversation,
            self._agent,
            now_ms=self._log.now_ms(),
        )
        match decision:
            case PlayFiller(text=text):
                await self._replies.write_text(REPLY_KIND_FILLER, text, state.floor.words_turn)
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def handle_idle(self) -> int | None:
        """Prompt an idle caller, or end the call."""
        state = self._log.state
        decision = idle_policy.decide(
            state.idle, state.floor, state.conversation, self._agent, now_ms=self._log.now_ms()
        )
        if decision is None or isinstance(decision, WaitUntil):
            return decision.at_ms if decision else None
        reply_id = await self._replies.write_text(idle_policy.reply_kind(decision), decision.text)
        if isinstance(decision, EndCall):
            await self._hang_up_after(reply_id, decision.reason)
        return None

    async def enforce_limit(self) -> int | None:
        """Warn before a limit of the call is reached, then say goodbye and hang up."""
        state = self._log.state
        decision = call_limit.decide(
            state.limit, state.floor, state.conversation, self._agent, now_ms=self._log.now_ms()
        )
        match decision:
            case WarnOfLimit(text=text):
                await self._replies.write_text(REPLY_KIND_WARNING, text)
            case EndAtLimit(text=text, reply_ids=reply_ids, reason=reason):
                for reply_id in reply_ids:
                    await self._replies.cancel(reply_id, reason)
                goodbye = await self._replies.write_text(REPLY_KIND_GOODBYE, text)
                await self._hang_up_after(goodbye, reason)
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def escalate(self) -> int | None:
        """Request Twilio's fallback when a stage stays unavailable."""
        state = self._log.state
        match escalation.decide(state.health, state.conversation, now_ms=self._log.now_ms()):
            case RequestFallback(reason=reason):
                log.error("fallback_requested", reason=reason)
                await self._log.append(FallbackRequested(reason=reason))
            case WaitUntil(at_ms=at_ms):
                return at_ms
            case None:
                pass
        return None

    async def _hang_up_after(self, reply_id: str, reason: str) -> None:
        log.info("ending_call", reason=reason)
        await self._log.append(HangUpRequested(reason=reason, after_reply_id=reply_id))
