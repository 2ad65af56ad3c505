"""Behaviour after a lost media stream: apologise, or resume the interrupted reply. No I/O, no clock."""

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation


def needs_apology(conversation: Conversation, agent: AgentConfig) -> bool:
    """Whether to cancel the current replies and apologise.

    When the agent resumes the sentence instead, the brain does nothing: the edge resumes playback.
    """
    if agent.reconnect.resume != "apology" or conversation.ended or conversation.hanging_up:
        return False
    return conversation.streams_lost > conversation.totals.reconnect_apologies
