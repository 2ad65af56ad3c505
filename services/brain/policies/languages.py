"""When a call continues in another of the agent's languages. No I/O, no clock.

A word or two in another language decide nothing: "okay", "no" and names belong to several. Callers who mix
two languages, as in Hinglish, are followed into the main one of two turns in a row: the agent does not
alternate with them.
"""

from parley.agent_config import AgentConfig
from parley.agent_config.language_choice import nearest
from parley.agent_config.texts.defaults import primary_language
from services.brain.conversation import Conversation
from services.brain.items import CallerTurn

_MIN_WORDS = 3
"""A shorter turn changes the language only if the turn before it was in the same one."""


def detected(conversation: Conversation, agent: AgentConfig) -> CallerTurn | None:
    """Return the caller's last turn if the call is to continue in its language."""
    turn = conversation.unanswered_turn
    ended = conversation.turn(turn) if turn is not None else None
    if ended is None or ended.role != "turn" or ended.turn <= conversation.agent.language_turn:
        return None
    language = spoken_in(ended, agent) if agent.language_detection else ""
    if not language or language == agent.language:
        return None
    certain = _words(ended.text) >= _MIN_WORDS and not _is_mixed(ended, agent)
    return ended if certain or _also_before(conversation, ended, agent, language) else None


def spoken_in(turn: CallerTurn, agent: AgentConfig) -> str:
    """Return the main language of a turn, of those that the agent speaks; empty without one."""
    return next((language for tag in turn.languages if (language := nearest(agent, tag))), "")


def _is_mixed(turn: CallerTurn, agent: AgentConfig) -> bool:
    """Whether a turn has words of the agent's present language too."""
    return any(primary_language(tag) == primary_language(agent.language) for tag in turn.languages)


def _also_before(conversation: Conversation, turn: CallerTurn, agent: AgentConfig, language: str) -> bool:
    before = conversation.turn_before(turn.turn)
    return before is not None and spoken_in(before, agent) == language


def _words(text: str) -> int:
    """The number of words; a script without spaces between them has one for about two characters."""
    spaced = text.split()
    return max(len(spaced), sum(len(part) // 2 for part in spaced if not part.isascii() and len(part) > 12))
