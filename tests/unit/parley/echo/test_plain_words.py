"""Tests for comparing words of two recognitions."""

import pytest

from parley.echo.plain_words import plain_words, similarity


def test_words_are_compared_without_accents_and_punctuation() -> None:
    """As two recognitions of the same audio may write them."""
    assert plain_words("How's the Café-Bar?") == ["hows", "the", "cafe", "bar"]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("help", "helped", True), ("clinic", "clinics", True), ("how", "oh", False), ("five", "nine", False)],
)
def test_similar_words_are_alike(one: str, other: str, alike: bool) -> None:
    """A recogniser's mistakes keep most letters."""
    assert (similarity(one, other) >= 0.6) is alike


def test_very_long_words_are_not_compared() -> None:
    """The cost of a comparison is limited."""
    assert similarity("a" * 500, "a" * 499) == 0
