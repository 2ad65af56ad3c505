"""The text of an answer: each piece once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderUnavailable
from parley.providers.llm import TextDelta
from services.brain.providers.streams.answer_text import MAX_TEXT_CHARS, AnswerText, CumulativePieces


def joined(deltas: list[TextDelta]) -> str:
    return "".join(delta.text for delta in deltas)


def cumulated(*pieces: str) -> str:
    recognizer = CumulativePieces()
    return "".join([*map(recognizer.push, pieces), recognizer.finish()])


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("Hello", "Hello there", "Hello there."), "Hello there."),
        (("I", "I can", "I can", "I can help."), "I can help."),
        (("Certainly, Monday", "Certainly, Monday at nine."), "Certainly, Monday at nine."),
        (("1", "10", "100"), "110100"),
        (("Ha", "Haha", "!"), "HaHaha!"),
        (("no", " no", " no no"), "no no no no"),
        (("Hello", "Hello there", "Hello there.", "Bye"), "Hello there.Bye"),
    ],
)
def test_repeated_text_is_recognized(pieces: tuple[str, ...], expected: str) -> None:
    """Three pieces that extend each other repeat the text so far; words may repeat."""
    assert cumulated(*pieces) == expected


@given(st.lists(st.text("ab ", min_size=1, max_size=3), max_size=6))
def test_text_that_repeats_nothing_is_unchanged(pieces: list[str]) -> None:
    """A later piece that does not extend the first one decides it."""
    assert cumulated("x", "y", *pieces) == "".join(["x", "y", *pieces])


def test_a_whole_text_after_its_pieces_adds_only_the_rest() -> None:
    """As in a last chunk with the complete message."""
    text = AnswerText()
    deltas = [
        *text.push("Hel"),
        *text.push("lo"),
        *text.push_whole("Hello there"),
        *text.push_whole("Hello there"),
    ]

    assert joined([*deltas, *text.finish()]) == "Hello there"


def test_a_whole_text_that_differs_is_ignored() -> None:
    """Emitted text may have been spoken."""
    text = AnswerText()

    assert joined([*text.push("Hello"), *text.push_whole("Good morning"), *text.finish()]) == "Hello"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (("\ud83d", "\ude00"), "😀"),
        (("a\ud83d", "b"), "a\ufffdb"),
        (("\ude00",), "\ufffd"),
        (("a\0b",), "ab"),
    ],
)
def test_text_is_encodable(pieces: tuple[str, ...], expected: str) -> None:
    """Halves of a surrogate pair are joined across pieces, or replaced."""
    text = AnswerText()

    assert joined([delta for piece in pieces for delta in text.push(piece)]) == expected


def test_an_endless_answer_is_a_failure() -> None:
    """The text of an answer is bounded."""
    text = AnswerText()
    text.push("x" * MAX_TEXT_CHARS)
    with pytest.raises(ProviderUnavailable, match="characters"):
        text.push("y")
