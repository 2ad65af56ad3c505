"""Conversation to the model's messages. No I/O, no clock."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parley.agent import Agent
from services.brain.conversation import CallerTurn, Conversation, ToolUse
from services.brain.reply import Reply

Message = Mapping[str, Any]
"""A chat message as OpenAI's chat completions take it."""

_CUT_OFF = "You were cut off in mid-sentence. Go on from the very next word; repeat nothing, excuse nothing."


def messages(agent: Agent, known: Conversation) -> list[Message]:
    """What the model is told: the agent's prompt, then all that was said and heard."""
    told: list[Message] = [{"role": "system", "content": agent.prompt}]
    uses = [item for item in known.items if isinstance(item, ToolUse)]
    for item in known.items:
        match item:
            case CallerTurn(text=text):
                told.append({"role": "user", "content": text})
            case Reply():
                told += _reply(item, [use for use in uses if use.reply_id == item.reply_id])
            case ToolUse():
                pass
    last = known.replies[-1] if known.replies else None
    if last is not None and last.finished == "superseded" and not last.dropped:
        told.append({"role": "system", "content": _CUT_OFF})
    return told


def _reply(reply: Reply, uses: Sequence[ToolUse]) -> Iterable[Message]:
    text = reply.heard_text if reply.dropped else reply.text.strip()
    if reply.dropped and text:
        text += " —"
    if not text and not uses:
        return
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    if uses:
        message["tool_calls"] = [
            {
                "id": use.tool_call_id,
                "type": "function",
                "function": {"name": use.name, "arguments": use.arguments},
            }
            for use in uses
        ]
    yield message
    for use in uses:
        result = use.result if use.result is not None else json.dumps({"error": "still working"})
        yield {"role": "tool", "tool_call_id": use.tool_call_id, "content": result}
