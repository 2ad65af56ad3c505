"""Conversation to the model's messages. No I/O, no clock."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from parley.agent_config import AgentConfig
from parley.providers.llm import Message
from parley.v1 import reply_pb2
from services.brain.conversation import CallerTurn, Conversation, DtmfInput, ToolCall
from services.brain.reply import Reply

_CUT_OFF = "You were cut off in mid-sentence. Go on from the very next word; repeat nothing, excuse nothing."
_BEGUN = 'You have already said "{opener}" aloud. Go on right after it: do not say it again, do not greet.'


def messages(agent: AgentConfig, known: Conversation, opener: str = "") -> list[Message]:
    """What the model is told: the agent's prompt, all that was said and heard, how the answer has begun."""
    told: list[Message] = [{"role": "system", "content": agent.prompt}]
    uses = [item for item in known.items if isinstance(item, ToolCall)]
    for item in known.items:
        match item:
            case CallerTurn(text=text) | DtmfInput(text=text):
                told.append({"role": "user", "content": text})
            case Reply(speculative=True) | Reply(kind=reply_pb2.REPLY_KIND_FILLER):
                pass
            case Reply():
                told += _reply(item, [use for use in uses if use.reply_id == item.reply_id])
            case ToolCall():
                pass
    spoken = [reply for reply in known.replies if reply.kind != reply_pb2.REPLY_KIND_FILLER]
    last = spoken[-1] if spoken else None
    if last is not None and last.finished == "interrupted" and not last.cancelled:
        told.append({"role": "system", "content": _CUT_OFF})
    if opener:
        told.append({"role": "system", "content": _BEGUN.format(opener=opener)})
    return told


def _reply(reply: Reply, uses: Sequence[ToolCall]) -> Iterable[Message]:
    text = reply.played_text if reply.cancelled else reply.text.strip()
    if reply.cancelled and text:
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
