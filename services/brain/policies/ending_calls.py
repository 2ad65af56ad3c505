"""A tool that ends the call waits for the other tools of its answer. No I/O, no clock.

A model may book a visit and hang up in one answer. The line closes only after every other tool of the answer
has succeeded; otherwise its result goes to the model, and the call continues. The text of such an answer is
played without delay, because it is usually audible before the model writes its tool calls. If a tool fails,
the rest of the text is dropped, and the model, whose history contains what was played, corrects it.
"""

from collections.abc import Collection

from parley.agent_config.handoffs import HAND_OFF_NAME
from services.brain.conversation import Conversation
from services.brain.tool_call import ToolCall


def runnable(conversation: Conversation, terminal_tools: Collection[str]) -> tuple[ToolCall, ...]:
    """Return the tool calls without a result that may run now; a hand-off also waits for the others."""
    pending, last = conversation.pending_tool_calls, {*terminal_tools, HAND_OFF_NAME}
    busy = {call.reply_id for call in pending if call.name not in last}
    running = {call.tool_call_id for call in pending}
    return tuple(
        call
        for call in pending
        if (call.name not in last or call.reply_id not in busy)
        # A repetition waits for the call that it repeats.
        and not (call.is_repetition and call.key in running)
    )


def why_not_end(call: ToolCall, conversation: Conversation, terminal_tools: Collection[str]) -> str:
    """Return why a tool must not end the call, for the model; empty if it may."""
    if any(not other.succeeded for other in _others(call, conversation, terminal_tools)):
        return "the call was not ended, because another tool of the same answer failed: tell the caller"
    if conversation.reply(call.reply_id).cancelled:
        return "the call was not ended, because the caller interrupted"
    return ""


def retracts_goodbye(call: ToolCall, conversation: Conversation, terminal_tools: Collection[str]) -> bool:
    """Whether a tool has failed beside one that ends the call, so that the rest of the reply is not true."""
    if call.name in terminal_tools or call.succeeded:
        return False
    reply = conversation.reply(call.reply_id)
    calls = conversation.tool_calls_of(call.reply_id)
    return reply in conversation.active_replies and any(other.name in terminal_tools for other in calls)


def _others(
    call: ToolCall, conversation: Conversation, terminal_tools: Collection[str]
) -> tuple[ToolCall, ...]:
    calls = conversation.tool_calls_of(call.reply_id)
    return tuple(other for other in calls if other.name not in terminal_tools)
