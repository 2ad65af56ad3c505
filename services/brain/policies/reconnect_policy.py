"""Behaviour after a lost media stream: apologise, or resume the interrupted reply. No I/O, no clock."""

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_GREETING
from services.brain.conversation import Conversation


def needs_apology(conversation: Conversation, agent: AgentConfig) -> bool:
    """Whether to cancel the current replies and apologise.

    When the agent resumes the sentence instead, the brain does nothing: the edge resumes playback.
    """
    if agent.reconnect.resume != "apology" or conversation.ended or conversation.hanging_up:
        return False
    return conversation.streams_lost > conversation.totals.reconnect_apologies


def greeting_to_repeat(conversation: Conversation) -> str:
    """Return the greeting that must be played whole and was cut with the lost stream; empty for none."""
    if conversation.ended or conversation.hanging_up:
        return ""
    greetings = [
        reply for reply in conversation.replies if reply.kind == REPLY_KIND_GREETING and reply.uninterruptible
    ]
    return greetings[-1].text if greetings and greetings[-1].cancelled == "stream_lost" else ""
