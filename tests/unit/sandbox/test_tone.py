"""Sound that carries its text."""

import pytest
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


@given(st.integers(0, len(TEXT) * 320), st.integers(40, 8000))
def test_a_text_that_was_held_and_went_on_is_whole(at: int, gap: int) -> None:
    """Wherever it was held, for however long."""
    whole = tone.encode(TEXT).mulaw

    assert tone.decode(whole[:at] + SILENCE * gap + whole[at:]) == TEXT


@given(st.integers(0, len(TEXT) * 320))
def test_whoever_listens_late_hears_the_rest(start: int) -> None:
    """From the next character on."""
    rest = tone.decode(tone.encode(TEXT).mulaw[start:])

    assert TEXT.endswith(rest[1:])
    assert abs(len(rest) - (len(TEXT) - start / 320)) <= 1.2


@pytest.mark.parametrize("texts", [("a", "a"), ("ab", "ba"), ("aa", "aa"), ("one", "end")])
@pytest.mark.parametrize("gap", [0, 160, 8000])
def test_two_texts_that_meet_in_one_character_keep_both(texts: tuple[str, str], gap: int) -> None:
    """With silence between them or without."""
    sounds = [tone.encode(text).mulaw for text in texts]

    assert tone.decode((SILENCE * gap).join(sounds)) == "".join(texts)


def test_each_character_heard_has_its_time() -> None:
    """So that what was heard at a moment can be told; silence before and within is counted."""
    whole = tone.encode("ab cde").mulaw
    heard = tone.decode_characters(SILENCE * 800 + whole[:960] + SILENCE * 1600 + whole[960:])

    assert "".join(character.text for character in heard) == "ab cde"
    for character, start_ms in zip(heard, (100, 140, 180, 420, 460, 500), strict=True):
        assert abs(character.start_ms - start_ms) <= 10
        assert abs(character.end_ms - start_ms - 40) <= 10
