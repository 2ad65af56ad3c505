"""When the model continues with the results of tools, while the conversation continues. No I/O, no clock."""

from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation
from services.brain.policies.floor_state import FloorState

_JOIN_MS = 400
"""Time for the other tools of an answer to return, so that the model continues once instead of twice."""

_TURN_END_MS = 3000
"""The end of a turn follows its last words within this time."""


def due_ms(floor: FloorState, conversation: Conversation, *, now_ms: int) -> int | None:
    """Return the call time at which the model is requested next; None to wait for an event.

    An input of the caller is answered now. The continuation with a result interrupts neither an answer that
    is being generated nor the caller, whose turn is then answered together with the result.
    """
    result = conversation.unanswered_result
    if result is None:
        return now_ms
    if conversation.predicted_turn is not None or _is_generating(conversation):
        return None
    due = now_ms
    if any(call.reply_id == result.reply_id for call in conversation.pending_tool_calls):
        due = max(due, result.returned_ms + _JOIN_MS)
    if floor.speaking:
        due = max(due, floor.speech_until_ms())
    if floor.words and floor.words_turn > conversation.totals.last_turn:
        due = max(due, floor.words_at_ms + _TURN_END_MS)
    return due


def _is_generating(conversation: Conversation) -> bool:
    return any(
        reply.kind == REPLY_KIND_ANSWER and not (reply.finished or reply.speculative)
        for reply in conversation.active_replies
    )
