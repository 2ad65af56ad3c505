"""Pauses in a text."""

import pytest

from parley.audio.g711 import make_silence
from sandbox.elevenlabs.ssml import join_speech, split_breaks
from sandbox.speech import Speech, Word


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One.", [("One.", 0.0)]),
        ('One. <break time="0.5s"/> Two.', [("One. ", 500.0), (" Two.", 0.0)]),
        ("A<break time='700ms' />", [("A", 700.0), ("", 0.0)]),
        ('A<break time="9s"/>B', [("A", 3000.0), ("B", 0.0)]),
        ('A<break time="1.2.3s"/>B', [("A", 0.0), ("B", 0.0)]),
        ("a < b", [("a < b", 0.0)]),
    ],
)
def test_a_text_is_split_at_its_pauses(text: str, parts: list[tuple[str, float]]) -> None:
    """A pause lasts 3 s at most."""
    assert split_breaks(text) == parts


def test_words_after_a_pause_are_later() -> None:
    """The pause is silent."""
    one = Speech(b"\1" * 800, (Word("one", 0, 100),))
    joined = join_speech([(one, 50.0), (one, 0.0)])

    assert joined.mulaw == b"\1" * 800 + make_silence(50) + b"\1" * 800
    assert joined.words == (Word("one", 0, 100), Word("one", 150, 250))
