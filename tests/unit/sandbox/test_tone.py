"""Sound that carries its text."""

from hypothesis import given
from hypothesis import strategies as st

from parley.mulaw import SILENCE
from sandbox import tone

TEXT = "Hello, aaa 555-1234! Goodbye."


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_the_text_comes_back(text: str) -> None:
    """Letter by letter, repeated ones too."""
    assert tone.decode(tone.encode(text).mulaw) == text


@given(st.integers(0, len(TEXT) * 320), st.integers(0, 4000))
def test_a_cut_is_told_to_the_letter(cut: int, gap: int) -> None:
    """What was heard before a cut is a beginning of the text, and as long as the sound."""
    whole = tone.encode(TEXT).mulaw
    heard = tone.decode(SILENCE * gap + whole[:cut])

    assert TEXT.startswith(heard[:-1])
    assert abs(len(heard) - cut / 320) <= 1.2


def test_words_lie_where_their_letters_do() -> None:
    """40 ms each."""
    words = tone.encode("ab cde").words

    assert [(word.text, word.start_ms, word.end_ms) for word in words] == [
        ("ab", 0, 80),
        ("cde", 120, 240),
    ]
