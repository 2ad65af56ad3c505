"""Recognizes questions by their punctuation and by their first and last words. No I/O."""

import re

from services.brain.phrases.matching import ends_of
from services.brain.phrases.phrase_lists import Phrases
from services.brain.phrases.words import is_interrogative, words_of

_ENDS = ".!?\u2026\uff1f\uff01\u3002\u061f\u0964"
_CLOSING_QUOTES = "\"'\u201d\u2019)\u00bb"
_SENTENCE = re.compile(rf".*?(?:[{_ENDS}]+[{_CLOSING_QUOTES}]*(?=\s|$)|\n+|$)", re.DOTALL)
_TAG = re.compile("[,\u2013\u2014-]\\s*([^,\u2013\u2014-]+?)\\W*$")
"""The end of a sentence after its last comma or dash, such as "right?"."""


def is_question(sentence: str, phrases: Phrases) -> bool:
    """Whether a sentence is a question."""
    if is_interrogative(sentence):
        return True
    words = words_of(sentence)
    if any(True for _ in ends_of(words, 0, phrases.question_starts)):
        return True
    tag = _TAG.search(sentence)
    return tag is not None and words_of(tag[1]) in phrases.question_ends


def sentences_of(text: str) -> tuple[tuple[int, str], ...]:
    """Return the sentences of a text with the position of their first character."""
    found = ((match.start(), match.group()) for match in _SENTENCE.finditer(text))
    return tuple((start, sentence) for start, sentence in found if words_of(sentence))
