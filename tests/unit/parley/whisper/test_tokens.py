"""Tests of tokens as text."""

import pytest

from parley.whisper.tokens import is_text, loop_start, to_text, word_spans


def test_tokens_become_text() -> None:
    """Byte-level tokens, among them characters of several tokens and incomplete ones."""
    assert to_text(["ĠThere", "Ġis", "ĠcafÃ", "©", "."]) == " There is café."
    assert to_text(["Ġa", "Ã"]) == " a�"
    assert to_text(["<|notimestamps|>", "Ġyes", "<|endoftext|>"]) == " yes"
    assert is_text("<")
    assert not is_text("<|en|>")


def test_words_contain_their_punctuation() -> None:
    """A word begins with a space."""
    assert list(word_spans(["ĠHe", "llo", ",", "Ġyou", "."])) == [(0, 3), (3, 5)]
    assert list(word_spans([])) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Press six to play. Press six to play.", "Press six to play."),
        ("hours, hours, hours, hours, hours, hours", "hours,"),
        ("I want to order a a a a a a pizza", "I want to order a"),
        ("Please hold. the line is busy The line is busy. The line", "Please hold. the line is busy"),
        ("no no no", None),
        ("bye bye bye bye", None),
        ("no, thank you, thank you", None),
        ("five five five one two three four", None),
        ("", None),
    ],
)
def test_a_loop_is_found(text: str, expected: str | None) -> None:
    """Phrases that follow themselves are a loop, unless people speak so."""
    words = text.split()
    start = loop_start(words)
    assert (None if start is None else " ".join(words[:start])) == expected
