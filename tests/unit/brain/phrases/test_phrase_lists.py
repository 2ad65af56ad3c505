"""Tests for the phrase lists of the languages."""

from dataclasses import fields

import pytest

from services.brain.phrases.phrase_lists import LANGUAGES, Phrases, phrases_for


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_phrases_of_every_kind(language: str) -> None:
    """A list that is missing would leave its callers without the feature."""
    phrases = phrases_for(language)
    optional = {"not_hold", "not_alone"}

    assert all(getattr(phrases, field.name) for field in fields(Phrases) if field.name not in optional)


def test_a_region_does_not_matter() -> None:
    """Neither does the way it is written."""
    assert phrases_for("pt-BR") == phrases_for("pt")
    assert phrases_for("EN_us") == phrases_for("en")


def test_the_multilingual_code_has_all_languages() -> None:
    """Another language has only the common phrases."""
    union = phrases_for("multi")

    assert all(phrases_for(language).backchannels <= union.backchannels for language in LANGUAGES)
    assert phrases_for("ja").affirmations < phrases_for("en").affirmations


def test_phrases_of_the_agent_file_are_added() -> None:
    """In the same form as the others."""
    phrases = phrases_for("en", ("Roger that!",), ("Two ticks",))

    assert ("roger", "that") in phrases.backchannels
    assert ("two", "ticks") in phrases.hold
