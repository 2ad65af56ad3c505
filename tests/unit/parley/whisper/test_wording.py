"""Tests of what a caller can have spoken."""

import pytest

from parley.whisper.model import Recognition, RecognizedWord
from parley.whisper.wording import spoken


def _found(text: str, log_probability: float = -0.3, no_speech: float = 0.05) -> Recognition:
    words = tuple(RecognizedWord(word, n * 100, n * 100 + 100, 0.9) for n, word in enumerate(text.split()))
    return Recognition(text, words, log_probability, no_speech)


@pytest.mark.parametrize(
    "found",
    [
        _found("[Music]"),
        _found("(coughs)"),
        _found("*door closes*"),
        _found("♪ ♪"),
        _found("..."),
        _found("Thank you.", -0.9),
        _found("you", -2.6, 0.9),
        _found("Thanks for watching!", -0.85),
        _found("Something that it guessed", -1.0, 0.8),
        _found("Mumbled", -1.9),
    ],
)
def test_phrases_of_subtitles_are_removed(found: Recognition) -> None:
    """Annotations, the phrases of subtitles, and guesses."""
    assert spoken(found, 1000) == Recognition("", (), found.log_probability, found.no_speech)


@pytest.mark.parametrize(
    "found", [_found("Thank you.", -0.4), _found("Yes.", -1.2), _found("Goodbye, and thank you.", -0.9)]
)
def test_words_of_a_caller_stay(found: Recognition) -> None:
    """Short words are less probable than sentences."""
    assert spoken(found, 600) == found


def test_an_annotation_beside_words_is_removed() -> None:
    """The words stay, with their times."""
    found = spoken(_found("[BEEP] Hello there (laughs)"), 900)
    assert found.text == "Hello there"
    assert [(word.text, word.start_ms) for word in found.words] == [("Hello", 100), ("there", 200)]


def test_more_words_than_fit_into_the_speech_are_removed() -> None:
    """A cough is not a sentence."""
    sentence = _found("I would like to make an appointment for tomorrow afternoon")
    assert not spoken(sentence, 300).text
    assert spoken(sentence, 2500).text
