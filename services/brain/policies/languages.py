"""When a call continues in another of the agent's languages. No I/O, no clock.

A word or two in another language decide nothing: "okay", "no", numbers and names belong to several. Where a
caller mixes two languages, as in Hinglish, the agent changes to the main one of two turns in a row: it does
not alternate with the caller.
"""

import re

from parley.agent_config import AgentConfig
from parley.agent_config.language_choice import nearest
from parley.language_codes import common_code
from services.brain.conversation import Conversation
from services.brain.items import CallerTurn

_MIN_WORDS = 3
"""A shorter turn changes the language only if the turn before it was in the same one."""
_MAX_NAME_WORDS = 5
_SHARED_WORDS = "ok okay okey oke no hello hallo hi hey hm hmm mhm ah oh eh uh um bye ciao pardon sorry super"
_SHARED = frozenset(_SHARED_WORDS.split())
"""Words that belong to many languages."""
_NAME_PARTICLES = "de da do dos das del della di la las los le el van von der den ten zu al bin y e i"
_PARTICLES = frozenset(_NAME_PARTICLES.split())
"""Words in lower case within names."""
_PUNCTUATION = ".,;:!?…।؟¡¿\"'()"
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
"""Letters of scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""


def detected(conversation: Conversation, agent: AgentConfig) -> CallerTurn | None:
    """Return the caller's last turn if the call is to continue in its language."""
    turn = conversation.unanswered_turn
    ended = conversation.turn(turn) if turn is not None else None
    if ended is None or ended.role != "turn" or ended.turn <= conversation.agent.language_turn:
        return None
    language = spoken_in(ended, agent) if agent.language_detection else ""
    if not language or language == agent.language or not _words(ended.text):
        return None
    certain = (
        _words(ended.text) >= _MIN_WORDS
        and not _is_mixed(ended, agent)
        and not _is_name(ended.text)
        and nearest(agent, ended.languages[0]) == language
    )
    return ended if certain or _also_before(conversation, ended, agent, language) else None


def spoken_in(turn: CallerTurn, agent: AgentConfig) -> str:
    """Return the main language of a turn, of those that the agent speaks; empty without one."""
    return next((language for tag in turn.languages if (language := nearest(agent, tag))), "")


def _is_mixed(turn: CallerTurn, agent: AgentConfig) -> bool:
    """Whether a turn has words of the agent's present language too."""
    return any(common_code(tag) == common_code(agent.language) for tag in turn.languages)


def _is_name(text: str) -> bool:
    """Whether a turn may be a name or an address: "Juan Carlos de la Cruz" is not a sentence in Spanish."""
    words = [word.strip(_PUNCTUATION) for word in text.split()]
    named = [word for word in words if word and word.lower() not in _PARTICLES]
    return len(named) <= _MAX_NAME_WORDS and all(word[0].isupper() or word[0].isdigit() for word in named)


def _also_before(conversation: Conversation, turn: CallerTurn, agent: AgentConfig, language: str) -> bool:
    before = conversation.turn_before(turn.turn)
    return before is not None and spoken_in(before, agent) == language


def _words(text: str) -> int:
    """The number of words by which a language is detected; two characters where words have no spaces."""
    unspaced = len(_UNSPACED.findall(text))
    words = (word.strip(_PUNCTUATION).lower() for word in _UNSPACED.sub(" ", text).split())
    return unspaced // 2 + sum(any(map(str.isalpha, word)) and word not in _SHARED for word in words)
