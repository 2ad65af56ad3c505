"""Separates dictated numbers from times, years and amounts in ordinary sentences. No I/O, no clock."""

import re
from collections.abc import Sequence

from services.stt.completion.dictation import Dictated
from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import split_words

_MIN_DIGITS = 5
"""A number of this many digits is dictated wherever it stands."""
_MIN_FIGURES = 3
"""A shorter number that stands alone is a quantity."""
_CENTURIES = ("18", "19", "20", "21")
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_MIN_DATE_NUMBERS, _MIN_DATE_DIGITS, _MAX_DAY = 3, 6, 31


def is_dictated_number(dictated: Dictated, kind: str, vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether what a text ends with is dictated; `kind` is what was requested or announced."""
    if dictated.codes or _is_spelled(dictated) or kind not in ("", "quantity"):
        return True
    numbers = dictated.numbers
    if not numbers or dictated.letters == dictated.items:
        return False
    if kind == "quantity" or _is_time_or_year(numbers) or _follows_month(dictated, vocabularies):
        return False
    digits = sum(map(len, numbers))
    if len(numbers) > 1 or digits >= _MIN_DIGITS:
        return True
    return digits >= _MIN_FIGURES and _introduces_number(dictated.before, vocabularies)


def is_pronoun(dictated: Dictated, vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether a single "one" at the end stands for a noun: "I don't have one"."""
    if dictated.items != 1 or dictated.chars != "1" or len(dictated.before) < 2:
        return False
    last = dictated.before[-1]
    return not any(
        last in words
        for vocabulary in vocabularies
        for words in (
            vocabulary.copulas,
            vocabulary.open_words,
            vocabulary.negations,
            vocabulary.acknowledgements,
            vocabulary.hesitations,
            vocabulary.number_words,
        )
    )


def _is_spelled(dictated: Dictated) -> bool:
    """Whether letters are spelled. A sentence may end in words of a spelling alphabet: "at a golf hotel"."""
    if dictated.alphabet_words > 2 or dictated.spelled > 1 or (dictated.spelled and dictated.letters > 1):
        return True
    has_number = any(len(number) > 1 or number not in "12" for number in dictated.numbers)
    return dictated.letters > 1 and has_number


def _is_time_or_year(numbers: Sequence[str]) -> bool:
    """Whether two numbers are spoken as a time ("two thirty") or a year ("nineteen eighty-five")."""
    if len(numbers) != 2 or numbers[0].startswith("0"):
        return False
    first, second = numbers
    is_time = int(first) <= 24 and len(second) == 2 and int(second) % 5 == 0 and int(second) < 60
    return is_time or (first in _CENTURIES and len(second) == 2)


def _follows_month(dictated: Dictated, vocabularies: Sequence[Vocabulary]) -> bool:
    latest = dictated.before[-3:]
    return any(not vocabulary.months.isdisjoint(latest) for vocabulary in vocabularies)


def _introduces_number(before: Sequence[str], vocabularies: Sequence[Vocabulary]) -> bool:
    """Whether a number after these words is dictated: "my code is", or nothing at all."""
    if not before:
        return True
    last = before[-1]
    return any(
        last in vocabulary.copulas
        or last in vocabulary.number_words
        or last in vocabulary.open_words - vocabulary.number_context
        for vocabulary in vocabularies
    )


def is_birth_date_complete(text: str, dictated: Dictated, vocabularies: Sequence[Vocabulary]) -> bool | None:
    """Whether a date has its year; None if the text has no part of a date."""
    words = split_words(text)
    if any(vocabulary.years.search(" ".join(words)) for vocabulary in vocabularies):
        return True
    has_month = any(not vocabulary.months.isdisjoint(words) for vocabulary in vocabularies)
    if not (has_month or dictated.numbers or re.search(r"\d", text)):
        return None
    numbers = dictated.numbers
    digits = "".join(numbers)
    if _DATE.search(text) or any(_YEAR.fullmatch(word) for word in words) or _YEAR.fullmatch(digits[-4:]):
        return True
    if not numbers or numbers[-1] in _CENTURIES:
        return False
    if has_month:
        # "May fifth, eighty-five"
        return len(numbers) > 1 or int(digits) > _MAX_DAY
    return len(numbers) >= _MIN_DATE_NUMBERS or len(digits) >= _MIN_DATE_DIGITS
