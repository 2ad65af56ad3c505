"""Web and e-mail addresses."""

import pytest

from services.tts.spoken_text.language import find_language
from services.tts.spoken_text.links import speak_addresses
from services.tts.spoken_text.mapped_text import MappedText


@pytest.mark.parametrize(
    ("text", "expected", "language"),
    [
        ("See example.com/book.", "See example dot com slash book.", "en"),
        ("(https://www.example.com/)", "(example dot com)", "en"),
        ("https://example.com/a/very/long/path/that/nobody/says", "example dot com", "en"),
        ("https://example.com/?q=1&r=2, then", "example dot com, then", "en"),
        ("http://user:secret@example.com:8080/x", "example dot com slash x", "en"),
        ("www.my-shop.co.uk", "my dash shop dot co dot uk", "en"),
        ("<ann.lee@example.com>", "ann dot lee at example dot com", "en"),
        ("a_b+c@example.com.", "a underscore b plus c at example dot com.", "en"),
        ("praxis.de", "praxis Punkt de", "de"),
        ("ana@ejemplo.es", "ana arroba ejemplo punto es", "es"),
        ("Mr. Smith e.g. it.is fine.", "Mr. Smith e.g. it.is fine.", "en"),
        ("3.5 and Node.js", "3.5 and Node.js", "en"),
    ],
)
def test_addresses_are_spelled(text: str, expected: str, language: str) -> None:
    """Query strings and long paths are not."""
    assert speak_addresses(MappedText.of(text), find_language(language).words).text == expected
