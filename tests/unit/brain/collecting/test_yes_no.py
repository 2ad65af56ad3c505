"""Tests for answers that mean yes or no."""

import pytest

from services.brain.collecting.yes_no import yes_no


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Yes, please.", "yes"),
        ("en", "that's right", "yes"),
        ("en", "no thanks", "no"),
        ("en", "yes and no", ""),
        ("en", "maybe", ""),
        ("en", "...", ""),
        ("de", "Ja, genau.", "yes"),
        ("de", "nein danke", "no"),
        ("es", "Sí, claro", "yes"),
        ("fr", "d'accord", "yes"),
        ("pt", "isso", "yes"),
        ("hi", "जी हाँ", "yes"),
        ("hi", "nahi", "no"),
        ("pl", "tak", "yes"),
    ],
)
def test_an_answer_is_yes_or_no_or_neither(language: str, text: str, expected: str) -> None:
    """With courtesies, in the language of the agent."""
    assert yes_no(text, language) == expected
