"""Abbreviations by language."""

import pytest

from services.brain.generation.abbreviations import abbreviations_of


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("en", "Dr"),
        ("de-AT", "bzw"),
        ("es", "Sra"),
        ("fr", "Mme"),
        ("pt_BR", "Av"),
        ("hi", "डॉ"),
        ("nl", "mevr"),
        ("nb", "kl"),
        ("fi", "Mr"),
        ("multi", "vs"),
    ],
)
def test_each_language_has_its_own(language: str, word: str) -> None:
    """Other languages have those of English."""
    assert word in abbreviations_of(language).inside


def test_a_word_is_in_one_list_only() -> None:
    """The lists exclude each other."""
    for language in (
        "en",
        "de",
        "es",
        "fr",
        "pt",
        "hi",
        "it",
        "nl",
        "sv",
        "da",
        "no",
        "pl",
        "cs",
        "ru",
        "tr",
    ):
        found = abbreviations_of(language)
        assert not found.maybe_last & found.before_number
        assert not found.inside & found.maybe_last
