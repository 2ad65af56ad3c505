"""Tests of texts and word errors."""

import pytest

from bench.local_speech.words import read_texts, word_errors


def test_a_listing_is_read() -> None:
    """Noises and comments are left out."""
    listing = "; Core sounds\nhours: Hours.\nbeep: [a beep]\n\nvm-for:  for \nnothing:\n"
    assert read_texts(listing) == {"hours": "Hours.", "vm-for": "for"}


@pytest.mark.parametrize(
    ("expected", "found", "errors"),
    [
        ("Press 1 now.", "press one now", (0, 3)),
        ("one two three", "one three", (1, 3)),
        ("one two", "one two two", (1, 2)),
        ("one two", "one too", (1, 2)),
        ("one", "", (1, 1)),
    ],
)
def test_errors_are_counted(expected: str, found: str, errors: tuple[int, int]) -> None:
    """Substitutions, missing and additional words."""
    assert word_errors(expected, found) == errors
