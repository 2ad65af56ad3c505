"""Dictated numbers among times, years and amounts."""

import pytest

from services.stt.completion.dictation import find_dictated
from services.stt.completion.numbers_in_speech import is_birth_date_complete, is_dictated_number, is_pronoun
from services.stt.completion.vocabulary import load_vocabulary

ENGLISH = [load_vocabulary("en")]


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("it's 0171 555", "", True),
        ("8512.", "", True),
        ("my code is 8512", "", True),
        ("five five", "", True),
        ("a table for two", "", False),
        ("Friday at ten", "", False),
        ("at two thirty", "", False),
        ("in nineteen eighty five", "", False),
        ("in 1985", "", False),
        ("room 305", "", False),
        ("March 12 1985", "", False),
        ("two three", "quantity", False),
        ("two", "code", True),
        ("S M", "", True),
        ("AB12", "", True),
        ("S", "spelling", True),
        ("S", "", False),
        ("I need a hotel", "", False),
        ("for Oscar and Victor", "", False),
        ("we play golf in India", "", False),
        ("Alpha Bravo Charlie", "", True),
        ("a hotel", "spelling", True),
        ("Lima Yankee six", "", True),
    ],
)
def test_a_number_is_dictated_by_its_length_and_its_context(text: str, kind: str, expected: bool) -> None:
    """A request of the agent decides first."""
    dictated = find_dictated(text, ENGLISH)

    assert (dictated.items > 0 and is_dictated_number(dictated, kind, ENGLISH)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'd rather not", None),
        ("March", False),
        ("March 12", False),
        ("the twelfth of March", False),
        ("March twelfth nineteen", False),
        ("March twelfth nineteen eighty five", True),
        ("the fifth of March eighty five", True),
        ("March 12, 1985", True),
        ("12/03/1985", True),
        ("twelve three", False),
        ("twelve three eighty five", True),
        ("12 03 85", True),
    ],
)
def test_a_date_of_birth_is_complete_with_its_year(text: str, expected: bool | None) -> None:
    """As words, as figures, with a month or without."""
    assert is_birth_date_complete(text, find_dictated(text, ENGLISH), ENGLISH) is expected


def test_a_german_year_is_one_word() -> None:
    """It completes a date as its digits do."""
    german = [load_vocabulary("de")]
    texts = (
        "am zwölften März",
        "am zwölften März neunzehnhundertfünfundachtzig",
        "am dritten fünften neunzehnhundertachtzig",
    )

    assert [is_birth_date_complete(text, find_dictated(text, german), german) for text in texts] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't have one", True),
        ("no, it's one", False),
        ("no one", False),
        ("my code is one", False),
        ("one", False),
    ],
)
def test_a_pronoun_is_no_number(text: str, expected: bool) -> None:
    """A verb precedes it."""
    assert is_pronoun(find_dictated(text, ENGLISH), ENGLISH) is expected
