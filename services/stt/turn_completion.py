"""Assesses how long a pause may be, from the caller's words and the agent's question. No I/O, no clock."""

import re
from dataclasses import dataclass

from parley.agent_config import SttConfig

_MIN_COMPLETE_NUMBER_DIGITS = 10
"""A dictated number of this length is complete."""
_MIN_DICTATED_DIGITS = 2

_EDGES = ".,;:!?…\"'()[]-\u2013\u2014"
_OPEN_PUNCTUATION = re.compile("(,|-|\u2013|\u2014|:|…|\\.\\.\\.)$")
_FIGURES = re.compile(r"^\+?[\d()/.-]*\d[\d()/.-]*$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_HESITATIONS = _words("um uh uhm erm er hmm äh ähm eh euh este pues")
_OPEN_WORDS = {
    "en": _words(
        "a an the my your our their to of at for from with and but or because if than i i'm we they she "
        "would could should might very between until"
    ),
    "de": _words(
        "ein eine einen einem einer der die das den dem des mein meine meinen und oder aber weil "
        "wenn dass von mit für bei ich wir möchte"
    ),
    "es": _words(
        "un una el la los las mi mis su y o pero porque si que de a en con por para quiero necesito"
    ),
    "fr": _words("un une le la les mon ma mes et ou mais parce si que de à en avec pour sur je nous veux"),
}
_COPULAS = _words("is are was were ist sind war es son era est sont était")
_SUBJECTS = _words("it that this they he she we you there what es das dies sie ja lo eso que ça ce c'")
_DIGITS = {
    "en": _words("zero oh one two three four five six seven eight nine double triple"),
    "de": _words("null eins zwei zwo drei vier fünf sechs sieben acht neun"),
    "es": _words("cero uno dos tres cuatro cinco seis siete ocho nueve"),
    "fr": _words("zéro un deux trois quatre cinq six sept huit neuf"),
}
_LONG_ANSWER = re.compile(
    r"\b(tell me|describe|explain|what happened|walk me through|spell|address|e-?mail|phone number"
    r"|your number|account number|order number|date of birth|what exactly|how did|why)\b"
    r"|\b(erzählen|beschreiben|buchstabieren|nummer|adresse|warum)\b"
    r"|\b(cuénteme|describa|deletree|número|dirección|por qué)\b"
    r"|\b(racontez|décrivez|épeler|numéro|adresse|pourquoi)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TurnCompletion:
    """How complete the words of a turn are, expressed as the silence that must follow before it may end."""

    min_silence_ms: int = 0
    """0 if the provider's signal suffices."""
    incomplete: bool = False
    """Whether the caller will most probably continue, so that no answer is prepared yet."""


def assess_completion(text: str, agent_text: str, config: SttConfig) -> TurnCompletion:
    """Assess the words `text` of a turn that follows the agent's words `agent_text`."""
    language = config.language.partition("-")[0].lower()
    words = [bare for word in text.lower().split() if (bare := word.strip(_EDGES))]
    if not words:
        return TurnCompletion()
    if _is_unfinished_phrase(text.strip(), words, language) or _is_partial_number(words, language):
        return TurnCompletion(config.incomplete_turn_silence_ms, incomplete=True)
    return TurnCompletion(config.turn_silence_ms if _LONG_ANSWER.search(agent_text) else 0)


def _is_unfinished_phrase(text: str, words: list[str], language: str) -> bool:
    if _OPEN_PUNCTUATION.search(text):
        return True
    # A full stop alone decides nothing: providers write one wherever the caller pauses, "My number is."
    if text.endswith(("!", "?")):
        return False
    last = words[-1]
    if last in _COPULAS:
        # "my name is", but not "yes it is".
        return len(words) > 1 and words[-2] not in _SUBJECTS
    return last in _HESITATIONS or last in _OPEN_WORDS.get(language, frozenset())


def _is_partial_number(words: list[str], language: str) -> bool:
    digits = 0
    for word in reversed(words):
        if word in _DIGITS.get(language, frozenset()):
            digits += 1
        elif _FIGURES.match(word):
            digits += sum(c.isdigit() for c in word)
        else:
            break
    if words[-1].isdigit() and digits == len(words[-1]) < _MIN_DICTATED_DIGITS + 1:
        return False
    return _MIN_DICTATED_DIGITS <= digits < _MIN_COMPLETE_NUMBER_DIGITS
