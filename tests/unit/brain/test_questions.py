"""Tests for the recognition of questions."""

import pytest

from services.brain.phrases.phrase_lists import phrases_for
from services.brain.questions import is_question, sentences_of


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Shall I book it?", True),
        ("en", "Would you like Tuesday", True),
        ("en", "You want it on Tuesday, right.", True),
        ("en", "We are open on Tuesday.", False),
        ("de", "Soll ich das buchen", True),
        ("de", "Ich buche das.", False),
        ("es", "¿Le parece bien", True),
        ("fr", "Est-ce que ça vous convient", True),
        ("fr", "Vous venez mardi, c'est ça.", True),
        ("pt", "Quer marcar", True),
        ("hi", "क्या मैं बुक करूँ", True),
        ("hi", "Kya main book karun?", True),
        ("ja", "いいですか\uff1f", True),
    ],
)
def test_a_question_is_recognized_without_its_question_mark(language: str, text: str, expected: bool) -> None:
    """A model may not write one, and the words are enough in the languages with lists."""
    assert is_question(text, phrases_for(language)) is expected


def test_a_text_is_split_into_sentences() -> None:
    """With the position of each; a full stop within a number ends none."""
    text = "We open at 9.30. Shall I book it?"

    assert sentences_of(text) == ((0, "We open at 9.30."), (16, " Shall I book it?"))
    assert sentences_of(" ... ") == ()
