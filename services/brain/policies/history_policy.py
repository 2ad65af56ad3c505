"""Limits the dialogue in requests to the model: older turns are summarized or left out. No I/O, no clock."""

from dataclasses import dataclass
from typing import TypeAlias

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.policies.floor_state import FloorState
from services.brain.window import Split, split_to_fit

_OVERDUE = 2
"""From this multiple of the limits, older turns are left out even without a summary."""


@dataclass(frozen=True, slots=True)
class Summarize:
    """Decision to request notes on the older turns in the background, while the agent speaks."""

    split: Split


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Decision to leave out the older turns from now on."""

    split: Split


Decision: TypeAlias = Summarize | LeaveOut


def decide(floor: FloorState, conversation: Conversation, agent: AgentConfig) -> Decision | None:
    """Return what to do about the older turns; None below the limits, or while the caller waits."""
    limits = agent.llm.history
    if not _exceeds(conversation, agent, 1):
        return None
    overdue = _exceeds(conversation, agent, _OVERDUE)
    if limits.summarize and not overdue and not _agent_speaks(floor, conversation):
        return None
    # Half of it at once: leaving out a little at each turn would change the beginning of every request,
    # which the provider has cached.
    split = split_to_fit(conversation.items, limits.max_turns // 2, limits.max_characters // 2)
    if not split.last_reply_id:
        return None
    return Summarize(split) if limits.summarize and not overdue else LeaveOut(split)


def _exceeds(conversation: Conversation, agent: AgentConfig, factor: int) -> bool:
    limits = agent.llm.history
    too_many = conversation.inputs > limits.max_turns * factor
    return too_many or conversation.characters > limits.max_characters * factor


def _agent_speaks(floor: FloorState, conversation: Conversation) -> bool:
    """Whether the caller listens to a complete answer, so that no turn waits for the model."""
    if floor.speaking or conversation.ended or conversation.hanging_up or not conversation.is_idle:
        return False
    return any(reply.audible and not reply.paused for reply in conversation.active_replies)
