"""Ends a loop of tool calls: after some rounds the model answers without tools. No I/O, no clock."""

from typing import Literal, TypeAlias

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.items import CallerTurn, DtmfInput
from services.brain.tool_call import ToolCall

Limit: TypeAlias = Literal["rounds", "repeated", "calls_per_call"]
"""Why further tool calls are not allowed: too many rounds, a repetition with the same result, or too many in
the whole call."""


def reached_limit(conversation: Conversation, agent: AgentConfig) -> Limit | None:
    """Return the limit on tool calls that the answers since the caller's last input have reached."""
    if conversation.totals.tool_calls >= agent.llm.max_tool_calls:
        return "calls_per_call"
    calls = _calls_since_input(conversation)
    if len({call.reply_id for call in calls}) >= agent.llm.max_tool_rounds:
        return "rounds"
    seen: dict[tuple[str, str, str | None], str] = {}
    for call in calls:
        first = seen.setdefault((call.name, call.arguments, call.result), call.reply_id)
        if first != call.reply_id:
            return "repeated"
    return None


def _calls_since_input(conversation: Conversation) -> list[ToolCall]:
    calls: list[ToolCall] = []
    for item in reversed(conversation.open_items):
        match item:
            case DtmfInput() | CallerTurn(is_backchannel=False):
                break
            case ToolCall(reply_id=reply_id) if reply_id == conversation.agent.after_reply_id:
                # The agent that has taken over has all rounds; hand-offs have their own limits.
                break
            case ToolCall():
                calls.insert(0, item)
            case _:
                pass
    return calls
