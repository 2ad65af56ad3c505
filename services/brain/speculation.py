"""Beginning an answer before the turn is surely over: when it is worth it, and if it may be right. No I/O."""

from parley.agent_config import AgentConfig
from services.brain.conversation import Conversation
from services.brain.reply import Reply

_EDGES = ".,;:!?…\"'"


def is_worth_it(known: Conversation, agent: AgentConfig) -> bool:
    """Whether to begin an answer to the guess: nothing else is going on, and the agent's bounds are kept."""
    guess, bounds = known.guess, agent.llm.speculation
    if guess is None or not bounds.enabled or known.hanging_up:
        return False
    if known.active_replies or known.speculation or known.open_tools:
        return False
    begun = [reply for reply in known.replies if reply.guess]
    dropped = sum(reply.cancelled == "speculation" for reply in begun)
    this_turn = sum(reply.turn == guess.turn for reply in begun)
    return dropped < bounds.max_discarded_per_call and this_turn < bounds.max_per_turn


def may_be_right(reply: Reply, known: Conversation) -> bool:
    """Whether what the caller has said is, as far as is known, what the reply answers."""
    ended = known.turn(reply.turn)
    if ended is not None:
        return not ended.aside and same_words(ended.text, reply.guess)
    guess = known.guess
    return guess is not None and guess.turn == reply.turn and same_words(guess.text, reply.guess)


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in case and punctuation at the most."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> list[str]:
    return [bare for word in text.lower().split() if (bare := word.strip(_EDGES))]
