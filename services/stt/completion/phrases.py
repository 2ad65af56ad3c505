"""Judges whether a text ends within a sentence, or is a short answer. No I/O, no clock."""

import re
from collections.abc import Sequence

from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import split_words

_OPEN_PUNCTUATION = re.compile("(,|-|\u2013|\u2014|:|…|\\.\\.\\.)$")
_MAX_WORDS = 40
_MAX_SHORT_WORDS = 8
"""A refusal of more words is treated as any other sentence."""


def is_unfinished(text: str, vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether the text ends within a sentence. A full stop alone decides nothing.

    Providers write a full stop wherever the caller pauses: "My number is."
    """
    text = text.strip()
    if _OPEN_PUNCTUATION.search(text):
        return True
    if text.endswith(("!", "?")):
        return False
    words = split_words(text)[-_MAX_WORDS:]
    if not words or is_short_answer(words, vocabularies):
        return False
    return any(_ends_within_sentence(words, vocabulary) for vocabulary in vocabularies)


def _ends_within_sentence(words: list[str], vocabulary: Vocabulary) -> bool:
    last, ending = words[-1], " ".join(words)
    if last in vocabulary.hesitations:
        return True
    if vocabulary.closed_endings.search(ending):
        return False
    if vocabulary.open_endings.search(ending):
        return True
    if last in vocabulary.copulas:
        return _needs_complement(words, vocabulary)
    return last in vocabulary.open_words


def _needs_complement(words: list[str], vocabulary: Vocabulary) -> bool:
    """Whether something must follow "is": after "my name", but not in "yes it is" or "what your name is"."""
    if len(words) == 1 or words[-2] in vocabulary.subjects:
        return False
    return not vocabulary.question_words.intersection(words[1:])


def is_short_answer(words: Sequence[str], vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether the words are an acknowledgement: "yes, of course", "one moment please"."""
    for vocabulary in vocabularies:
        accepted = vocabulary.acknowledgements
        is_open = len(words) > 1 and words[-1] in vocabulary.open_words
        if accepted.issuperset(words) and not is_open and not vocabulary.open_endings.search(" ".join(words)):
            return True
    return False


def is_non_answer(text: str, vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether the text answers a request without what was requested: "I don't have it", "why?", "yes"."""
    words = split_words(text)
    if not words or text.rstrip().endswith("?") or is_short_answer(words, vocabularies):
        return True
    joined = " ".join(words)
    return any(
        words[0] in vocabulary.question_words
        or words[0] in vocabulary.question_starts
        or vocabulary.non_answers.search(joined) is not None
        or (len(words) <= _MAX_SHORT_WORDS and not vocabulary.negations.isdisjoint(words))
        for vocabulary in vocabularies
    )
