"""Beginning an answer before the turn is surely over: when it is worth it, and if it may be right. No I/O."""

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.reply import Reply

_EDGES = ".,;:!?…\"'"


def should_speculate(known: Conversation, agent: AgentConfig) -> bool:
    """Whether to begin an answer to the guess: nothing else is going on, and the agent's bounds are kept."""
    guess, bounds = known.predicted_turn, agent.llm.speculation
    if guess is None or not bounds.enabled or known.hanging_up:
        return False
    if known.active_replies or known.speculative_reply or known.pending_tool_calls:
        return False
    begun = [reply for reply in known.replies if reply.predicted_text]
    dropped = sum(reply.cancelled == "speculation" for reply in begun)
    this_turn = sum(reply.turn == guess.turn for reply in begun)
    return dropped < bounds.max_discarded_per_call and this_turn < bounds.max_per_turn


def still_matches(reply: Reply, known: Conversation) -> bool:
    """Whether what the caller has said is, as far as is known, what the reply answers."""
    ended = known.turn(reply.turn)
    if ended is not None:
        return not ended.is_backchannel and same_words(ended.text, reply.predicted_text)
    guess = known.predicted_turn
    return guess is not None and guess.turn == reply.turn and same_words(guess.text, reply.predicted_text)


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in case and punctuation at the most."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> list[str]:
    return [bare for word in text.lower().split() if (bare := word.strip(_EDGES))]
