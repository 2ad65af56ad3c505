"""Behaviour after a lost media stream: apologise, or resume the interrupted reply. No I/O, no clock."""

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_RECONNECTED
from services.brain.conversation import Conversation


def needs_apology(conversation: Conversation, agent: AgentConfig) -> bool:
    """Whether to cancel the current replies and apologise.

    When the agent resumes the sentence instead, the brain does nothing: the edge resumes playback.
    """
    if agent.reconnect.resume != "apology" or conversation.ended or conversation.hanging_up:
        return False
    apologies = sum(reply.kind == REPLY_KIND_RECONNECTED for reply in conversation.replies)
    return conversation.streams_lost > apologies
