"""A text that is rewritten keeps the origin of its characters."""

import re

from hypothesis import given
from hypothesis import strategies as st

from services.tts.spoken_text.mapped_text import MappedText, joined, split_around


def test_retained_spans_preserve_their_offsets() -> None:
    """A link keeps the offsets of its text."""
    text = MappedText.of("see [us](http://x) now").sub(
        re.compile(r"\[(\w+)\]\([^)]*\)"), lambda m: [m.span(1)]
    )

    assert text.text == "see us now"
    assert text.offsets[4:6] == (5, 6)
    assert text.offsets[7] == 19


def test_new_text_is_spread_over_what_it_replaces() -> None:
    """A longer text shares the offsets of a shorter one."""
    text = MappedText.of("a 12 b").sub(re.compile(r"\d+"), lambda _: "twelve")

    assert text.text == "a twelve b"
    assert text.offsets == (0, 1, 2, 2, 2, 3, 3, 3, 4, 5)


def test_an_empty_span_fixes_the_offset_of_what_follows() -> None:
    """Groups of digits are located exactly."""
    text = MappedText.of("12 34").sub(re.compile(r".+"), lambda _: [(0, 0), "one two ", (3, 3), "three four"])

    assert text.offsets[8] == 3


def test_an_unchanged_match_is_left() -> None:
    """The replacement None changes nothing."""
    text = MappedText.of("a1b2")
    assert text.sub(re.compile(r"\d"), lambda _: None) is text


def test_parts_can_be_split_and_joined() -> None:
    """The parts are the text."""
    text = MappedText.of("a<b>c<d>")
    parts = split_around(text, re.compile(r"<\w>"))

    assert [(part.text, matches) for part, matches in parts] == [
        ("a", False),
        ("<b>", True),
        ("c", False),
        ("<d>", True),
    ]
    assert joined(part for part, _ in parts) == text


@given(
    st.text(max_size=40),
    st.text(max_size=5),
    st.sampled_from([r"\w", r"\s+", r"[a-f]+", r"$", r"^", r"(?=\w)"]),
)
def test_offsets_never_decrease(text: str, new: str, pattern: str) -> None:
    """The offsets are in order and in range after any replacement."""
    found = MappedText.of(text).sub(re.compile(pattern), lambda _: new)

    assert len(found.text) == len(found.offsets)
    assert list(found.offsets) == sorted(found.offsets)
    assert all(0 <= offset < max(1, len(text)) for offset in found.offsets)
