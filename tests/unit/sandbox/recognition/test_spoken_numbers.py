"""Spoken numbers in figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.recognition.recogniser import Word
from sandbox.recognition.spoken_numbers import write_numbers

_VOCABULARY = ["zero", "oh", "five", "nine", "ten", "nineteen", "twenty", "ninety", "hello", "one"]


def written(text: str, *, smart: bool = True) -> str:
    words = [Word(word, 100 * number, 100 * number + 90) for number, word in enumerate(text.split())]
    return " ".join(word.text for word in write_numbers(words, smart=smart))


@pytest.mark.parametrize(
    ("spoken", "text"),
    [
        ("five five five one two three four", "555-1234"),
        ("two one two five five five oh one nine nine", "212-555-0199"),
        ("eight five one two", "8512"),
        ("twenty five", "25"),
        ("twenty twenty five", "2025"),
        ("nineteen eighty", "1980"),
        ("one second", "one second"),
        ("at ten", "at 10"),
        ("oh well", "oh well"),
    ],
)
def test_smart_format_writes_figures(spoken: str, text: str) -> None:
    """Telephone numbers are grouped; a single digit remains a word."""
    assert written(spoken) == text


def test_numerals_write_single_digits_too() -> None:
    """They do not group telephone numbers."""
    assert written("one second", smart=False) == "1 second"
    assert written("five five five one two three four", smart=False) == "5551234"


@given(st.lists(st.sampled_from(_VOCABULARY), max_size=12), st.booleans())
def test_other_words_are_unchanged(spoken: list[str], smart: bool) -> None:
    """Their number and order stay, and no time is lost."""
    words = [Word(word, 100 * number, 100 * number + 90) for number, word in enumerate(spoken)]
    found = write_numbers(words, smart=smart)

    assert [w.text for w in found].count("hello") == spoken.count("hello")
    assert [w.start_ms for w in found] == sorted(w.start_ms for w in found)
    if words:
        assert (found[0].start_ms, found[-1].end_ms) == (words[0].start_ms, words[-1].end_ms)
