"""Tests for the phrases that are recognized in a call."""

from services.brain.phrases.phrase_choice import PhraseChoice


def test_phrases_of_the_file_are_added_to_those_of_the_language() -> None:
    """The language's own remain."""
    own = PhraseChoice("de").phrases
    added = PhraseChoice("de", ("jawoll",), ("sekündchen",)).phrases

    assert set(own.backchannels) < set(added.backchannels)
    assert own != added
