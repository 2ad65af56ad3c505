"""Tests for the recognition of backchannels."""

import pytest

from services.brain.backchannels import affirms, is_backchannel
from services.brain.phrases.phrase_lists import phrases_for
from tests.unit.brain.utterances import utterances


@pytest.mark.parametrize(("language", "text"), utterances("backchannels"))
def test_backchannels_are_recognized_as_recognisers_spell_them(language: str, text: str) -> None:
    """With or without accents, hyphens, apostrophes, punctuation; repeated and combined."""
    assert is_backchannel(text, phrases_for(language))


@pytest.mark.parametrize(("language", "text"), utterances("not backchannels"))
def test_other_short_utterances_are_not_backchannels(language: str, text: str) -> None:
    """They interrupt the agent."""
    assert not is_backchannel(text, phrases_for(language))


def test_the_agent_file_adds_words() -> None:
    """For a trade or a dialect."""
    assert is_backchannel("Roger that.", phrases_for("en", ("roger that",)))
    assert not is_backchannel("Roger that.", phrases_for("en"))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Sure.", True),
        ("en", "uh huh, yes", True),
        ("en", "I see", False),
        ("en", "yes but no", False),
        ("de", "genau", True),
        ("de", "verstehe", False),
    ],
)
def test_some_backchannels_also_mean_yes(language: str, text: str, expected: bool) -> None:
    """They answer a question."""
    assert affirms(text, phrases_for(language)) is expected


def test_a_long_text_is_compared_in_time() -> None:
    """An event must not cost more because the caller says much."""
    assert not is_backchannel("yeah " * 10_000, phrases_for("multi"))
