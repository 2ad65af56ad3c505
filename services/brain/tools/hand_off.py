"""The tool with which an agent hands the call over to another one.

Running it only prepares the next agent; the session makes the change, because it must be in order with the
replies.
"""

import json
from collections.abc import Sequence
from typing import Any

from parley.agent_config import AgentConfig, HandOff
from parley.agent_config.handoffs import HAND_OFF_NAME
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

_TIMEOUT_S = 5.0
_MAX_REASON_CHARS = 200
_MAX_SUMMARY_CHARS = 2000


def build(agent: AgentConfig, context: ToolContext) -> Sequence[Tool]:
    """Return the tool, if the agent may hand calls over."""
    return (_tool(agent.handoffs, context),) if agent.handoffs else ()


def _tool(handoffs: Sequence[HandOff], context: ToolContext) -> Tool:
    by_name = {handoff.agent: handoff for handoff in handoffs}

    async def run(call: ToolCall) -> str:
        target = target_of(call)
        if target not in by_name:
            raise ToolFailed(f"there is no such agent; the agents are: {', '.join(by_name)}")
        await context.prepare_agent(target)
        return json.dumps({"handed_over_to": target})

    listed = "\n".join(f"- {handoff.agent}: {handoff.when}" for handoff in handoffs)
    description = (
        "Hand this call over to another agent, who goes on with the caller at once. Tell the caller in one"
        " short sentence that somebody else continues, and call this tool in the same answer."
        f" The agents:\n{listed}"
    )
    return Tool(HAND_OFF_NAME, description, _parameters(handoffs), run, timeout_s=_TIMEOUT_S)


def _parameters(handoffs: Sequence[HandOff]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "agent": {"type": "string", "enum": [handoff.agent for handoff in handoffs]},
            "reason": {"type": "string", "description": "why, in a few words"},
            "summary": {
                "type": "string",
                "description": "what the next agent must know: who calls, what they want, what was done",
            },
        },
        "required": ["agent", "reason", "summary"],
        "additionalProperties": False,
    }


def target_of(call: ToolCall) -> str:
    """Return the agent that a call of the tool names; empty if it names none."""
    return _text(call, "agent", 100)


def reason_of(call: ToolCall) -> str:
    """Return the reason that a call of the tool gives."""
    return _text(call, "reason", _MAX_REASON_CHARS)


def summary_of(call: ToolCall) -> str:
    """Return the summary that a call of the tool gives."""
    return _text(call, "summary", _MAX_SUMMARY_CHARS)


def _text(call: ToolCall, key: str, limit: int) -> str:
    try:
        value = json.loads(call.arguments).get(key)
    except (ValueError, AttributeError):
        return ""
    return value.strip()[:limit] if isinstance(value, str) else ""
