"""The line was lost and comes back: what of the agent's sentence then? A decision; no I/O, no clock."""

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_RECONNECTED
from services.brain.conversation import Conversation


def needs_apology(known: Conversation, agent: AgentConfig) -> bool:
    """Whether to drop what was being said, and apologise.

    Where the sentence shall go on nothing is to be done: the edge plays on from what was heard of it.
    """
    if agent.reconnect.resume != "apology" or known.ended or known.hanging_up:
        return False
    apologies = sum(reply.kind == REPLY_KIND_RECONNECTED for reply in known.replies)
    return known.streams_lost > apologies
