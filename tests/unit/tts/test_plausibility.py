"""Whether audio can contain a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.espeak import speak
from services.tts.alignment import alnum_count
from services.tts.plausibility import audible_ms, can_contain, min_speech_ms

SILENCE = b"\xff"
LOUD = b"\x20"


def test_silence_and_dither_are_not_audible() -> None:
    """Pauses between words do not count either."""
    assert audible_ms(b"") == 0
    assert audible_ms(SILENCE * 8000 + b"\x7f\xfe\x7e" * 800) == 0
    assert audible_ms(LOUD * 800 + SILENCE * 800 + LOUD * 400) == 150


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "Through.",
        "Straight through.",
        "Thoughts.",
        "A B C.",
        "It costs $25.50.",
        "Call 5 5 5 0 1 0 0.",
        "Hello, this is the Riverside clinic. How can I help you today?",
        "We are open Monday to Friday from nine to five, and on Saturday from ten to two.",
    ],
)
@pytest.mark.parametrize("words_per_minute", [160, 210, 250])
def test_fast_speech_is_long_enough(text: str, words_per_minute: int) -> None:
    """No provider speaks faster than 250 words per minute."""
    assert can_contain(alnum_count(text), speak(text, rate_wpm=words_per_minute).mulaw)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hello, this is the Riverside clinic. How can I help you today?", "Hello, this is"),
        ("How can I help you?", "I"),
        ("Yes.", ""),
    ],
)
def test_audio_of_a_small_part_is_too_short(text: str, spoken: str) -> None:
    """The rest was not synthesized."""
    audio = speak(spoken).mulaw if spoken else SILENCE * 8000
    assert not can_contain(alnum_count(text), audio)


def test_a_text_without_letters_needs_no_audio() -> None:
    """Punctuation is not spoken."""
    assert can_contain(0, b"")


@given(st.integers(0, 500))
def test_longer_texts_need_more_audio(letters: int) -> None:
    """The duration increases with each letter."""
    assert min_speech_ms(letters) < min_speech_ms(letters + 1)
