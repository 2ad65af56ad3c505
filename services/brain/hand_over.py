"""Carries out a hand-off whose tool has prepared the next agent: the events that make the change."""

import json

import structlog

from parley.agent_config import HandOff
from parley.v1.handoff_pb2 import AgentChanged
from parley.v1.reply_pb2 import REPLY_KIND_HANDOFF, ConversationSummarized
from services.brain.agent_runtime import AgentRuntime
from services.brain.conversation import Conversation
from services.brain.reply import Reply
from services.brain.session_log import SessionLog
from services.brain.tool_call import ToolCall
from services.brain.tools.hand_off import reason_of, summary_of
from services.brain.tools.runner import ToolResult
from services.brain.window import split_before_last_input

log = structlog.get_logger()


async def hand_over(
    call: ToolCall, before: AgentRuntime, after: AgentRuntime, session_log: SessionLog
) -> ToolResult:
    """Append the events of a hand-off; return the result for the next agent's model.

    Everything but the last event may be repeated: the next owner repeats a tool call without a result.
    """
    handoff = next(one for one in before.agent.handoffs if one.agent == after.agent.name)
    announced = await _announce(call, handoff, before, session_log)
    if handoff.history == "summary":
        await _summarize(call, session_log)
    log.info("call_handed_over", agent=after.agent.name, from_agent=before.agent.name)
    await session_log.append(
        AgentChanged(
            agent=after.agent.name,
            version=after.version,
            from_agent=before.agent.name,
            reason=reason_of(call),
            summary=summary_of(call),
            reply_id=call.reply_id,
            tool_call_id=call.tool_call_id,
            greeting=_greeting(handoff, after),
        )
    )
    return ToolResult(call.tool_call_id, _result(after.agent.name, announced))


def already_done(call: ToolCall, conversation: Conversation) -> ToolResult | None:
    """Return the result of a hand-off that the previous owner has made; None if it has not."""
    agent = conversation.agent
    if call.tool_call_id != agent.tool_call_id:
        return None
    announcement = _announcement(call, conversation)
    return ToolResult(call.tool_call_id, _result(agent.name, announcement.text if announcement else ""))


def _result(agent: str, announced: str) -> str:
    result = {"handed_over_to": agent}
    if announced.strip():
        result["said_to_the_caller"] = announced.strip()
    return json.dumps(result, ensure_ascii=False)


def _greeting(handoff: HandOff, after: AgentRuntime) -> str:
    text = handoff.greeting if isinstance(handoff.greeting, str) else after.agent.greeting.text
    return text.strip() if handoff.greeting else ""


async def _announce(call: ToolCall, handoff: HandOff, before: AgentRuntime, session_log: SessionLog) -> str:
    """Say the words before the hand-off, unless the model has written text itself."""
    conversation = session_log.conversation
    if not handoff.announce.strip() or conversation.reply(call.reply_id).text.strip():
        return ""
    if _announcement(call, conversation) is None:
        await before.replies.write_text(REPLY_KIND_HANDOFF, handoff.announce)
    return handoff.announce


def _announcement(call: ToolCall, conversation: Conversation) -> Reply | None:
    """The words before a hand-off that are in the log already."""
    replies = conversation.replies
    after = next((n for n, reply in enumerate(replies) if reply.reply_id == call.reply_id), len(replies))
    announced = (reply for reply in replies[after:] if reply.kind == REPLY_KIND_HANDOFF and reply.text)
    return next(announced, None)


async def _summarize(call: ToolCall, session_log: SessionLog) -> None:
    """Replace the dialogue before the caller's last words by the summary, if there is one."""
    text, split = summary_of(call), split_before_last_input(session_log.conversation.items)
    if text and split.last_reply_id:
        await session_log.append(
            ConversationSummarized(
                through_reply_id=split.last_reply_id, through_turn=split.last_turn, text=text
            )
        )
