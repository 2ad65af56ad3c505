"""When an agent may hand the call over: a call must not travel between agents in a circle. No I/O, no clock.

A hand-off runs after the other tools of its answer, so that their results are known to the next agent.
"""

from services.brain.conversation import Conversation
from services.brain.tool_call import END_CALL_NAME, ToolCall

MAX_PER_CALL = 20
"""Hand-offs in one call; more serve no caller."""
MAX_IN_A_ROW = 3
"""Hand-offs without a word of the caller in between."""


def why_not(call: ToolCall, target: str, current: str, conversation: Conversation) -> str:
    """Return why a call must not hand over from `current` to `target`, for the model; empty if it may."""
    agent = conversation.agent
    if call.reply_id == agent.after_reply_id:
        return "not handed over again: this answer has already handed the call over"
    if target == current:
        return f"not handed over: you are already {target!r}; help the caller yourself"
    if conversation.reply(call.reply_id).cancelled:
        return "not handed over, because the caller interrupted: answer what the caller said"
    if any(other.name == END_CALL_NAME for other in conversation.tool_calls_of(call.reply_id)):
        return "not handed over, because the same answer ends the call"
    if target in agent.passed_by or len(agent.passed_by) >= MAX_IN_A_ROW:
        return (
            f"not handed over: the call has just come from {agent.from_agent!r}, and the caller has said"
            " nothing since; help the caller yourself, or ask a question"
        )
    if agent.changes >= MAX_PER_CALL:
        return "not handed over: this call has been handed over too often; help the caller yourself"
    return ""
