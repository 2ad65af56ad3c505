"""The limits of a call: a warning, then a goodbye and a hang-up. No I/O, no clock.

The warning waits for a moment in which neither side speaks. At the maximum duration the goodbye does not: it
replaces the agent's other replies, and it is played whatever the caller, the model and the tools do. When the
tokens are used up, the answer in progress is completed first, with its tools; nothing else is answered.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeAlias

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.token_totals import TokenTotals
from parley.v1 import call_pb2, reply_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.policies import turn_taking
from services.brain.policies.floor_state import FloorState
from services.brain.policies.turn_taking import Answer, Speculate, WaitUntil

REASON = "max_call_s"
"""Reason of hang_up.requested, and of reply.cancelled for replies that the goodbye replaces."""
BUDGET_REASONS = ("max_tokens", "max_cost")
"""The same, when the call has used up its tokens, or what they may cost."""
REASONS = (REASON, *BUDGET_REASONS)
_WARNING_MS = 30_000
"""Time between the warning and the maximum duration of a call."""
_WARNING_SHARE = Decimal("0.8")
"""Share of the tokens, or of their cost, after which the caller is warned."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """How far a call is on the way to its end by a limit."""

    streaming: bool = False
    warned: bool = False
    ending: bool = False
    """Whether the hang-up was requested: from now on, the brain decides nothing else."""
    tokens: TokenTotals = field(default_factory=TokenTotals)
    """The tokens of all agents of the call."""


@dataclass(frozen=True, slots=True)
class WarnOfLimit:
    """Decision to warn that the call must end soon."""

    text: str


@dataclass(frozen=True, slots=True)
class EndAtLimit:
    """Decision to cancel replies, say goodbye and hang up."""

    text: str
    reply_ids: tuple[str, ...]
    """Replies that may still be played, in the order in which to cancel them."""
    reason: str = REASON


Decision: TypeAlias = WarnOfLimit | EndAtLimit | WaitUntil


def evolve(state: LimitState, event: Event) -> LimitState:
    """Return the state after an event."""
    match event_body(event):
        case call_pb2.StreamStarted():
            return replace(state, streaming=True)
        case call_pb2.StreamStopped():
            return replace(state, streaming=False)
        case reply_pb2.ReplyStarted(kind=reply_pb2.REPLY_KIND_WARNING):
            return replace(state, warned=True)
        case reply_pb2.HangUpRequested(reason=reason) if reason in REASONS:
            return replace(state, ending=True)
        case reply_pb2.TokensUsed() as used:
            return replace(state, tokens=state.tokens.plus(used))
        case _:
            return state


def decide(
    state: LimitState, floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """Return the action that the call's limits require; None to wait for the next event."""
    if conversation.ended or conversation.hanging_up or state.ending or not state.streaming:
        return None
    end_ms = round(agent.limits.max_call_s * 1000)
    if now_ms >= end_ms:
        # In reverse order: otherwise a later reply would start to play when the one before it is cancelled.
        active = tuple(reply.reply_id for reply in reversed(conversation.active_replies))
        return EndAtLimit(agent.idle.goodbye, active)
    reason = budget_spent(state, agent)
    if reason and not (floor.speaking or _is_answering(conversation)):
        return EndAtLimit(agent.idle.goodbye, (), reason)
    warning, due_ms = _warning(state, agent, end_ms)
    if state.warned or not warning.strip():
        return WaitUntil(end_ms)
    if now_ms < due_ms:
        return WaitUntil(due_ms)
    return WaitUntil(end_ms) if _is_busy(floor, conversation) else WarnOfLimit(warning)


def budget_spent(state: LimitState, agent: AgentConfig, share: Decimal = Decimal(1)) -> str:
    """Return which limit of the tokens a share of is used; empty if none."""
    limits = agent.limits
    if limits.max_tokens is not None and state.tokens.tokens >= limits.max_tokens * share:
        return "max_tokens"
    if limits.max_cost is not None and state.tokens.cost_reaches(limits.max_cost * share):
        return "max_cost"
    return ""


def turn_decision(
    state: LimitState, floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> turn_taking.Decision | None:
    """Return the decision of turn-taking as far as the limits allow it.

    Nothing interrupts the goodbye. Without tokens left, only an answer in progress is continued.
    """
    if state.ending:
        return None
    decision = turn_taking.decide(floor, conversation, agent, now_ms=now_ms)
    if isinstance(decision, Answer | Speculate) and budget_spent(state, agent):
        return decision if isinstance(decision, Answer) and conversation.continues_answer else None
    return decision


def _warning(state: LimitState, agent: AgentConfig, end_ms: int) -> tuple[str, int]:
    """The warning that is due first, and the call time from which it is."""
    if budget_spent(state, agent, _WARNING_SHARE) and agent.limits.budget_warning.strip():
        return agent.limits.budget_warning, 0
    return agent.limits.warning, end_ms - _WARNING_MS


def _is_answering(conversation: Conversation) -> bool:
    """Whether an answer is in progress, with its tools; a speculative one is released or discarded soon."""
    return (
        any(reply.speculative or not reply.finished for reply in conversation.active_replies)
        or bool(conversation.pending_tool_calls)
        or conversation.continues_answer
    )


def _is_busy(floor: FloorState, conversation: Conversation) -> bool:
    """Whether the warning would interrupt speech or delay an answer."""
    return (
        floor.speaking
        or bool(conversation.active_replies or conversation.pending_tool_calls)
        or conversation.unanswered_turn is not None
    )
