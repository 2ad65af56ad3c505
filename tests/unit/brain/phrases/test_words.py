"""Tests for splitting utterances into comparable words."""

from services.brain.phrases.words import is_interrogative, variants, words_joined, words_of


def test_words_are_compared_without_accents_and_punctuation() -> None:
    """Apostrophes of either kind disappear; hyphens separate words or join them."""
    assert words_of("D\u2019accord, très bien!") == ("daccord", "tres", "bien")
    assert words_of("Mm-hmm.") == ("mm", "hmm")
    assert words_joined("Mm-hmm.") == ("mmhmm",)
    assert words_of(" ...") == ()


def test_vowel_signs_are_part_of_a_word() -> None:
    """Hindi writes most vowels as marks; two spellings of the nasal sign are equal."""
    assert words_of("हाँ जी।") == words_of("हां जी")
    assert len(words_of("अच्छा")) == 1


def test_a_word_may_be_drawn_out() -> None:
    """Recognisers write what they hear."""
    assert "yeah" in variants("yeahhh")
    assert variants("soon") == ("soon",)


def test_question_marks_of_all_scripts_count() -> None:
    """Spanish has one at the beginning."""
    assert is_interrogative("what?")
    assert is_interrogative('"what?"')
    assert is_interrogative("¿Eh")
    assert is_interrogative("何\uff1f")
    assert not is_interrogative("what? no")
