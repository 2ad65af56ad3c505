"""The maximum duration of a call: a warning, then a goodbye and a hang-up by the clock. No I/O, no clock.

The warning waits for a moment in which neither side speaks. The goodbye does not: it replaces the agent's
other replies, and it is played whatever the caller, the model and the tools do.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

from parley.agent_config import AgentConfig
from parley.events.envelope import event_body
from parley.v1 import call_pb2, reply_pb2
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.policies.floor_state import FloorState
from services.brain.policies.turn_taking import WaitUntil

REASON = "max_call_s"
"""Reason of hang_up.requested, and of reply.cancelled for replies that the goodbye replaces."""
_WARNING_MS = 30_000
"""Time between the warning and the maximum duration of a call."""


@dataclass(frozen=True, slots=True)
class LimitState:
    """How far a call is on the way to its end by the clock."""

    streaming: bool = False
    warned: bool = False
    ending: bool = False
    """Whether the hang-up was requested: from now on, the brain decides nothing else."""


@dataclass(frozen=True, slots=True)
class WarnMaxDuration:
    """Decision to warn that the call must end soon."""

    text: str


@dataclass(frozen=True, slots=True)
class EndAtLimit:
    """Decision to cancel replies, say goodbye and hang up."""

    text: str
    reply_ids: tuple[str, ...]
    """Replies that may still be played, in the order in which to cancel them."""


Decision: TypeAlias = WarnMaxDuration | EndAtLimit | WaitUntil


def evolve(state: LimitState, event: Event) -> LimitState:
    """Return the state after an event."""
    match event_body(event):
        case call_pb2.StreamStarted():
            return replace(state, streaming=True)
        case call_pb2.StreamStopped():
            return replace(state, streaming=False)
        case reply_pb2.ReplyStarted(kind=reply_pb2.REPLY_KIND_WARNING):
            return replace(state, warned=True)
        case reply_pb2.HangUpRequested(reason=reason) if reason == REASON:
            return replace(state, ending=True)
        case _:
            return state


def decide(
    state: LimitState, floor: FloorState, conversation: Conversation, agent: AgentConfig, *, now_ms: int
) -> Decision | None:
    """Return the action that the call's duration requires; None to wait for the next event."""
    if conversation.ended or conversation.hanging_up or state.ending or not state.streaming:
        return None
    end_ms = round(agent.limits.max_call_s * 1000)
    if now_ms >= end_ms:
        # In reverse order: otherwise a later reply would start to play when the one before it is cancelled.
        active = tuple(reply.reply_id for reply in reversed(conversation.active_replies))
        return EndAtLimit(agent.idle.goodbye, active)
    warn_ms = end_ms - _WARNING_MS
    if state.warned or not agent.limits.warning.strip():
        return WaitUntil(end_ms)
    if now_ms < warn_ms:
        return WaitUntil(warn_ms)
    return WaitUntil(end_ms) if _is_busy(floor, conversation) else WarnMaxDuration(agent.limits.warning)


def _is_busy(floor: FloorState, conversation: Conversation) -> bool:
    """Whether the warning would interrupt speech or delay an answer."""
    return (
        floor.speaking
        or bool(conversation.active_replies or conversation.pending_tool_calls)
        or conversation.unanswered_turn is not None
    )
