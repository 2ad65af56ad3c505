"""Words and patterns of one language, read from `languages/*.yaml`.

Patterns are regular expressions over words in lower case, separated by single spaces and without punctuation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from services.stt.completion.words import plain, split_words

LANGUAGES = ("en", "de", "es", "fr", "pt", "hi")

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Vocabulary:
    """The words of one language that the rules use."""

    language: str
    numbers: Mapping[tuple[str, ...], str]
    """Phrases of up to four words and their digits."""
    hundreds: frozenset[str]
    multipliers: Mapping[str, int]
    """ "double" and how often it repeats what follows."""
    letters: Mapping[tuple[str, ...], str]
    """Names of letters, of one or several words."""
    weak_letters: frozenset[str]
    """Names of letters that are words of the language too."""
    spelling_alphabet: frozenset[str]
    """Words that stand for their first letter."""
    letter_links: frozenset[tuple[str, ...]]
    """Words between a letter and an example: "S as in Sierra"."""
    symbols: Mapping[tuple[str, ...], str]
    """Spoken punctuation, such as "dot" and "at"."""
    domain_words: Mapping[str, str]
    """Parts of the domain of an e-mail address in another script."""
    dictation_words: frozenset[str]
    """Words within a dictation that stand for no character."""
    dictation_vocabulary: frozenset[str]
    """All words that can belong to a dictation."""
    link_ends: frozenset[str]
    """The last words of `letter_links`."""
    hesitations: frozenset[str]
    open_words: frozenset[str]
    """Words that cannot be the last of a sentence."""
    open_endings: Pattern
    """Ends of a text that are followed by more."""
    closed_endings: Pattern
    """Ends of a text that are complete in spite of their last word."""
    copulas: frozenset[str]
    subjects: frozenset[str]
    """Words after which a copula completes the sentence: "yes it is"."""
    question_words: frozenset[str]
    question_starts: frozenset[str]
    """Further words that begin a question."""
    acknowledgements: frozenset[str]
    """Words of short answers, such as "yes, one moment please"."""
    negations: frozenset[str]
    non_answers: Pattern
    """Texts that answer a request without giving what was requested."""
    months: frozenset[str]
    years: Pattern
    """Years that are spoken as one word."""
    number_context: frozenset[str]
    """Words before a number that is not dictated: "at", "room"."""
    number_words: frozenset[str]
    """Words before a number that is: "code"."""
    request_forms: Pattern
    """Sentences that request something."""
    kinds: Mapping[str, Pattern]
    """Sentences that name a kind of dictation, in order of precedence."""
    count: Pattern
    """Sentences that give the number of characters; one group has it."""
    open_question: Pattern
    """Questions that invite a long answer."""
    common: frozenset[str]
    """Words that show that a text is in this language."""


@cache
def load_vocabulary(language: str) -> Vocabulary:
    """Return the vocabulary of a language, or one without words for a language that has none."""
    if language not in LANGUAGES:
        return _vocabulary(language, {})
    path = files(__package__) / "languages" / f"{language}.yaml"
    return _vocabulary(language, yaml.safe_load(path.read_text(encoding="utf-8")))


def _vocabulary(language: str, data: Mapping[str, Any]) -> Vocabulary:
    def words(key: str) -> frozenset[str]:
        return frozenset(split_words(data.get(key, "")))

    numbers = _numbers(data.get("numbers", "")) | _numbers(data.get("other_numbers", ""))
    letters = {
        _phrase(name): letter for letter, names in data.get("letters", {}).items() for name in names.split()
    }
    symbols = {
        _phrase(name): symbol
        for symbol, names in data.get("symbols", {}).items()
        for name in names.split(",")
    }
    links = frozenset(_phrase(link) for link in data.get("letter_links", "").split(",")) - {()}
    phrases = (*numbers, *letters, *symbols, *links)
    return Vocabulary(
        language=language,
        numbers=numbers,
        hundreds=words("hundreds"),
        multipliers=data.get("multipliers", {}),
        letters=letters,
        weak_letters=words("weak_letters"),
        spelling_alphabet=words("spelling_alphabet"),
        letter_links=links,
        symbols=symbols,
        domain_words={plain(word): part for word, part in data.get("domain_words", {}).items()},
        dictation_words=words("dictation_words"),
        dictation_vocabulary=frozenset(word for phrase in phrases for word in phrase)
        | frozenset(data.get("multipliers", {}))
        | words("hundreds")
        | words("spelling_alphabet")
        | words("dictation_words")
        | words("hesitations"),
        link_ends=frozenset(link[-1] for link in links),
        hesitations=words("hesitations"),
        open_words=words("open_words"),
        open_endings=_ending(data.get("open_endings", "")),
        closed_endings=_ending(data.get("closed_endings", "")),
        copulas=words("copulas"),
        subjects=words("subjects"),
        question_words=words("question_words"),
        question_starts=words("question_starts"),
        acknowledgements=words("acknowledgements"),
        negations=words("negations"),
        non_answers=_part(data.get("non_answers", "")),
        months=words("months"),
        years=_part(data.get("years", "")),
        number_context=words("number_context"),
        number_words=words("number_words"),
        request_forms=_part(data.get("request_forms", "")),
        kinds={kind: _part(pattern) for kind, pattern in data.get("kinds", {}).items()},
        count=_part(data.get("count", "")),
        open_question=_part(data.get("open_question", "")),
        common=words("open_words")
        | words("copulas")
        | words("subjects")
        | words("question_words")
        | words("acknowledgements")
        | words("negations")
        | words("number_words")
        | words("hesitations")
        | words("common")
        | {word for phrase in (*numbers, *symbols) for word in phrase}
        | words("hundreds")
        | frozenset(data.get("multipliers", {})),
    )


def _phrase(name: str) -> tuple[str, ...]:
    return tuple(split_words(name)) or (name.strip(),) if name.strip() else ()


def _numbers(text: str) -> dict[tuple[str, ...], str]:
    """Parse names of numbers from 0, separated by commas; `|` separates names of the same number."""
    return {
        _phrase(name): str(number)
        for number, names in enumerate(text.split(",") if text else ())
        for name in names.split("|")
        if name.strip()
    }


_NOTHING = r"(?!)"


def _ending(patterns: str) -> Pattern:
    """A pattern for the end of a text, one alternative a line."""
    alternatives = "|".join(patterns.splitlines())
    return re.compile(rf"(?:^|\s)(?:{alternatives})$" if alternatives else _NOTHING)


def _part(patterns: str) -> Pattern:
    """A pattern for any part of a text, one alternative a line."""
    alternatives = "|".join(patterns.splitlines())
    return re.compile(rf"(?:^|\s)(?:{alternatives})(?:\s|$)" if alternatives else _NOTHING)
