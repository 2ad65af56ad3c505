"""Markdown and LaTeX."""

import pytest

from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.markdown import (
    BlockState,
    remove_blocks,
    remove_fences,
    remove_math,
    remove_spans,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**a** __b__ *c* _d_ ***e*** ~~f~~", "a b c d e f"),
        ("`x = 1` ``y``", "x = 1 y"),
        ("[text](http://a.com/b_(c)) [ref][1] [^1] ![alt](u)", "text ref  alt"),
        ("as said.[1][2] Then", "as said. Then"),
        ("snake_case and __init__", "snake_case and init"),
        ("5*3 and 5 * 3 and (2)*(3)", "5*3 and 5 * 3 and (2)*(3)"),
        ("un*believ*able", "unbelievable"),
        ("\\* not \\_ emphasis", " not  emphasis"),
        ("C++ and a ~ b", "C++ and a ~ b"),
    ],
)
def test_marks_within_a_line_are_removed(text: str, expected: str) -> None:
    """Signs that mean something are left."""
    assert remove_spans(MappedText.of(text)).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n## B ##", "A\nB"),
        ("- a\n* b\n+ c\n• d", "a\nb\nc\nd"),
        ("1) a\n2. b", "1. a\n2. b"),
        ("- [ ] a\n- [x] b", "a\nb"),
        ("> a\n>> b", "a\nb"),
        ("a\n---\nb", "a\n\nb"),
        ("| a | b |\n| --- | :-: |\n| c | d |", "a, b.\nc, d."),
        ("[1]: http://x.y\na", "a"),
        ("#hashtag", "#hashtag"),
        ("-5 degrees", "-5 degrees"),
    ],
)
def test_marks_at_the_beginning_of_a_line_are_removed(text: str, expected: str) -> None:
    """A number of a list is kept."""
    assert remove_blocks(MappedText.of(text), line_start=True).text == expected


def test_within_a_line_they_are_left() -> None:
    """The clause continues a line."""
    assert remove_blocks(MappedText.of("- a"), line_start=False).text == "- a"


def test_fences_are_removed() -> None:
    """Code is removed with them, text is not."""
    text, state = remove_fences(MappedText.of("a\n```js\ncode\n```\nb\n~~~\ntext"), BlockState())
    assert text.text == "a\nb\ntext"
    assert state == BlockState(line_start=False, fence="~~~", code=False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\(x\\) and $$y$$", "x and y"),
        ("$x + 1$", "x + 1"),
        ("$5 and $6", "$5 and $6"),
        ("\\frac{1}{2}", "1/2"),
        ("3 \\times 4", "3 × 4"),
        ("\\text{a}", "a"),
    ],
)
def test_latex_is_removed(text: str, expected: str) -> None:
    """Amounts of money are not LaTeX."""
    assert remove_math(MappedText.of(text)).text == expected
