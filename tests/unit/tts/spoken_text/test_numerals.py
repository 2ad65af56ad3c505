"""Written and spoken numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tts.spoken_text.language import find_language
from services.tts.spoken_text.numerals import Number, cardinal, in_words, ordinal, parse_number, year


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1,234.56", "en", Number(1234, "56")),
        ("1,00,000", "en", Number(100000)),
        ("1.234,56", "en", Number(1234, "56")),
        ("3.14", "en", Number(3, "14")),
        ("3,5", "en", None),
        ("1.234", "de", Number(1234)),
        ("1.234,5", "de", Number(1234, "5")),
        ("1,234.5", "de", Number(1234, "5")),
        ("3,5", "de", Number(3, "5")),
        ("3.5", "de", Number(3, "5", dotted=True)),
        ("1 234,56", "fr", Number(1234, "56")),
        ("1’234.50", "de-CH", Number(1234, "50")),
        ("1,234.5", "es-MX", Number(1234, "5")),
        ("12345678901234567890", "en", None),
    ],
)
def test_numbers_are_read_as_their_language_writes_them(
    text: str, language: str, expected: Number | None
) -> None:
    """Ambiguous ones are not read."""
    assert parse_number(text, find_language(language)) == expected


def test_numbers_are_written_in_words() -> None:
    """The fraction is read as usual in the language."""
    english, german, french = map(find_language, ("en", "de", "fr"))
    assert in_words(Number(3, "14"), english) == "three point one four"
    assert in_words(Number(3, "5"), german) == "drei Komma fünf"
    assert in_words(Number(3, "25"), french) == "trois virgule vingt-cinq"
    assert cardinal(-5, english) == "minus five"
    assert ordinal(21, english) == "twenty-first"
    assert year(1984, english) == "nineteen eighty-four"
    assert year(2005, english) == "two thousand five"


@given(st.integers(0, 10**15 - 1), st.sampled_from(("en", "de", "es", "fr", "pt", "hi")))
def test_every_integer_has_words(value: int, language: str) -> None:
    """No digit is left."""
    assert not any(map(str.isdigit, cardinal(value, find_language(language))))
