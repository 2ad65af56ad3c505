"""Filler phrases while a tool runs: at first without a pause, then at growing intervals. No I/O, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_FILLER
from services.brain.conversation import Conversation
from services.brain.reply import Reply
from services.brain.tool_call import END_CALL_NAME, ToolCall

_CLOSE = 2
"""The first fillers follow each other closely, so that there is no silence while a tool takes seconds."""
_PAUSES_MS = (4000, 6000, 8000)
"""Pauses before the fillers after these; the last one repeats."""
_MAX_PER_WAIT = 8


@dataclass(frozen=True, slots=True)
class DueFiller:
    """The next filler, and the silence after which it is played."""

    text: str
    after_ms: int


def awaited_call(conversation: Conversation) -> ToolCall | None:
    """Return the running tool call that the caller waits for; None if there is more of the agent to hear."""
    pending = [call for call in conversation.pending_tool_calls if call.name != END_CALL_NAME]
    # While a complete reply is played, the end of its audio is estimated: a filler follows it at once.
    if not pending or not all(reply.playing and _is_complete(reply) for reply in conversation.active_replies):
        return None
    return pending[0]


def answered_call(conversation: Conversation) -> ToolCall | None:
    """Return the tool call whose result is being answered; None if the answer is to the caller's input."""
    for item in reversed(conversation.open_items):
        if isinstance(item, ToolCall):
            return item
        if not (isinstance(item, Reply) and (item.kind == REPLY_KIND_FILLER or not item.finished)):
            break
    return None


def next_filler(
    call: ToolCall, conversation: Conversation, agent: AgentConfig, played: Sequence[str]
) -> DueFiller | None:
    """Return the filler after those that were `played` in this wait; None after the last one."""
    phrases = agent.tool_fillers(call.name)
    number = len(played)
    if number >= _MAX_PER_WAIT or not phrases:
        return None
    last_two = phrases[-2:]
    text = phrases[number] if number < len(phrases) else last_two[(number - len(phrases)) % len(last_two)]
    if played and played[-1] == text.strip():
        return None
    spoken = number if not _answered_meanwhile(call, conversation) else max(number, _CLOSE)
    if spoken < _CLOSE:
        return DueFiller(text, agent.fillers.tool_after_ms)
    return DueFiller(text, _PAUSES_MS[min(spoken - _CLOSE, len(_PAUSES_MS) - 1)])


def _is_complete(reply: Reply) -> bool:
    return bool(reply.finished) and len(reply.synthesized) >= len(reply.clauses)


def _answered_meanwhile(call: ToolCall, conversation: Conversation) -> bool:
    """Whether the agent has answered something else since the call, so that silences may follow."""
    for item in reversed(conversation.open_items):
        if isinstance(item, ToolCall) and item.tool_call_id == call.tool_call_id:
            return False
        if isinstance(item, Reply) and item.kind != REPLY_KIND_FILLER and item.clauses:
            return True
    return False
