"""Numbers of each kind in each language."""

import pytest

from services.tts.spoken_text.language import find_language
from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.numbers_in_words import speak_numbers

ENGLISH = [
    ("$12.50", "twelve dollars and fifty cents"),
    ("12/31/2026", "December thirty-first, twenty twenty-six"),
    ("9:05", "nine oh five"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    ("5%", "five percent"),
    ("20°C", "twenty degrees Celsius"),
    ("1st", "first"),
    ("192.168.0.1", "one nine two dot one six eight dot zero dot one"),
    ("2 1/2 cups", "two and a half cups"),
]


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_numbers_are_written_in_words(text: str, expected: str) -> None:
    """One example of each kind."""
    assert speak_numbers(MappedText.of(text), find_language("en")).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250 रुपये लगेंगे", "दो सौ पचास रुपये लगेंगे"),
        ("250 रु लगेंगे", "दो सौ पचास रुपये लगेंगे"),
        ("₹250 INR", "दो सौ पचास रुपये"),
        ("₹50/दिन", "पचास रुपये प्रति दिन"),
    ],
)
def test_words_of_indian_scripts_end_after_their_vowel_signs(text: str, expected: str) -> None:
    """An abbreviation may be the beginning of a word."""
    assert speak_numbers(MappedText.of(text), find_language("hi")).text == expected


@pytest.mark.parametrize("text", ["4/5", "3,5", "4G", "MP3", "1:1:1:1", "5'10\"", "1.2.3.4.5.6"])
def test_what_is_ambiguous_keeps_its_digits(text: str) -> None:
    """Wrong words are worse than digits."""
    assert any(map(str.isdigit, speak_numbers(MappedText.of(text), find_language("en")).text))


def test_text_of_other_languages_is_unchanged() -> None:
    """There are no tables for them."""
    text = MappedText.of("Het is 9:30.")
    assert speak_numbers(text, find_language("nl")) is text
