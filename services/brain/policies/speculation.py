"""Speculation: when to answer before a turn has certainly ended, and when that answer is valid. No I/O."""

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.hold_requests import is_hold_request
from services.brain.reply import Reply

_PUNCTUATION = ".,;:!?…\"'"


def should_speculate(conversation: Conversation, agent: AgentConfig) -> bool:
    """Whether to answer the predicted turn now: no other work is in progress and the limits allow it."""
    predicted, limits = conversation.predicted_turn, agent.llm.speculation
    if predicted is None or not limits.enabled or conversation.hanging_up:
        return False
    if conversation.active_replies or conversation.speculative_reply:
        return False
    if is_hold_request(predicted.text, conversation.phrases):
        return False
    started = [reply for reply in conversation.replies if reply.predicted_text]
    discarded = conversation.totals.discarded_speculations
    this_turn = sum(reply.turn == predicted.turn for reply in started)
    return discarded < limits.max_discarded_per_call and this_turn < limits.max_per_turn


def still_matches(reply: Reply, conversation: Conversation) -> bool:
    """Whether the reply answers the caller's latest transcript, in its language and with all results."""
    if reply.language != conversation.agent.language or conversation.has_result_after(reply):
        return False
    ended = conversation.turn(reply.turn)
    if ended is not None:
        return ended.role in ("turn", "early_answer") and same_words(ended.text, reply.predicted_text)
    predicted = conversation.predicted_turn
    return (
        predicted is not None
        and predicted.turn == reply.turn
        and same_words(predicted.text, reply.predicted_text)
    )


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ only in case and punctuation."""
    return _normalized_words(one) == _normalized_words(other)


def _normalized_words(text: str) -> list[str]:
    stripped = (word.strip(_PUNCTUATION) for word in text.lower().split())
    return [word for word in stripped if word]
