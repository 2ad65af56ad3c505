"""Tests for what of a model's text can be stored and spoken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.v1.reply_pb2 import ReplyClause
from services.brain.generation.model_text import clean, ends_sentence, is_speakable


@given(st.text(st.characters()))
def test_clean_text_fits_into_an_event(text: str) -> None:
    """Protocol buffers refuse unpaired surrogates."""
    ReplyClause(text=clean(text)).SerializeToString()


def test_cleaning_keeps_what_is_spoken() -> None:
    """Line breaks end clauses."""
    assert clean("Grüß\ud83d dich\x00,\n😀 5\x07") == "Grüß dich,\n😀 5"


@pytest.mark.parametrize(
    "text", ["", " \n\t", "...", "?!", "**", "—", "😀", '<break time="1s"/>', "<br/> . "]
)
def test_some_text_cannot_be_spoken(text: str) -> None:
    """An answer needs more."""
    assert not is_speakable(text)


@pytest.mark.parametrize("text", ["a", "5", "नमस्ते", "您", "<b>Yes</b>", "1 < 2 > 0"])
def test_letters_and_digits_can_be_spoken(text: str) -> None:
    """In every script."""
    assert is_speakable(text)


def test_a_sentence_ends_with_its_mark() -> None:
    """Quotes and emphasis may follow it."""
    assert all(map(ends_sentence, ("Yes.", "Yes! ", 'He said "no."', "您好。", "**Sure?**")))
    assert not any(map(ends_sentence, ("Yes", "We open at", "at 9,", "")))
