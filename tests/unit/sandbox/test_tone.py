"""Audio that encodes its text as tones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.audio.g711 import SILENCE
from sandbox import tone

TEXT = "Hello, aaa 555-1234! Goodbye."


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=60))
def test_a_text_is_decoded(text: str) -> None:
    """Each letter is decoded, including repeated ones."""
    assert tone.decode(tone.encode(text).mulaw) == text


@given(st.integers(0, len(TEXT) * 320), st.integers(0, 4000))
def test_a_truncated_text_is_decoded_exactly(cut: int, gap: int) -> None:
    """The decoded text is a prefix of the whole, as long as the audio."""
    whole = tone.encode(TEXT).mulaw
    decoded = tone.decode(SILENCE * gap + whole[:cut])

    assert TEXT.startswith(decoded[:-1])
    assert abs(len(decoded) - cut / 320) <= 1.2


@pytest.mark.parametrize("text", ["für 5 € übermorgen", "ठीक है।", "好的 谢谢", "á"])
def test_every_script_is_decoded(text: str) -> None:
    """A character has as many tones as bytes; one that lost a byte is left out."""
    mulaw = tone.encode(text).mulaw

    assert tone.decode(mulaw) == text
    assert len(mulaw) == 320 * len(text.encode())
    assert text.startswith(tone.decode(mulaw[:-320]))


def test_words_have_the_times_of_their_letters() -> None:
    """Each letter takes 40 ms."""
    words = tone.encode("ab cde").words

    assert [(word.text, word.start_ms, word.end_ms) for word in words] == [
        ("ab", 0, 80),
        ("cde", 120, 240),
    ]


@given(st.integers(0, len(TEXT) * 320), st.integers(40, 8000))
def test_a_paused_and_resumed_text_is_complete(at: int, gap: int) -> None:
    """This holds for any position and length of the pause."""
    whole = tone.encode(TEXT).mulaw

    assert tone.decode(whole[:at] + SILENCE * gap + whole[at:]) == TEXT


@given(st.integers(0, len(TEXT) * 320))
def test_audio_without_its_start_is_decoded(start: int) -> None:
    """Decoding starts with the next complete character."""
    rest = tone.decode(tone.encode(TEXT).mulaw[start:])

    assert TEXT.endswith(rest[1:])
    assert abs(len(rest) - (len(TEXT) - start / 320)) <= 1.2


@pytest.mark.parametrize("texts", [("a", "a"), ("ab", "ba"), ("aa", "aa"), ("one", "end")])
@pytest.mark.parametrize("gap", [0, 160, 8000])
def test_a_character_at_the_end_and_start_of_two_texts_counts_twice(texts: tuple[str, str], gap: int) -> None:
    """It does so with and without silence between the texts."""
    audio = [tone.encode(text).mulaw for text in texts]

    assert tone.decode((SILENCE * gap).join(audio)) == "".join(texts)


def test_each_decoded_character_has_its_times() -> None:
    """Silence before and within the text is counted."""
    whole = tone.encode("ab cde").mulaw
    decoded = tone.decode_characters(SILENCE * 800 + whole[:960] + SILENCE * 1600 + whole[960:])

    assert "".join(character.text for character in decoded) == "ab cde"
    for character, start_ms in zip(decoded, (100, 140, 180, 420, 460, 500), strict=True):
        assert abs(character.start_ms - start_ms) <= 10
        assert abs(character.end_ms - start_ms - 40) <= 10
