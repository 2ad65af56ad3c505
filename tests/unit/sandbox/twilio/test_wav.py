"""WAV files and mu-law."""

import io
import wave

import pytest

from sandbox.espeak import speak
from sandbox.twilio.wav import mixed, mulaw_of, wav_of


def test_two_channels_keep_their_sides() -> None:
    """And the shorter one ends in silence."""
    with wave.open(io.BytesIO(wav_of(b"\x00" * 160, b"\x80" * 80))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        assert file.getnframes() == 160
        frames = file.readframes(160)

    assert frames[:4] == b"\x84\x82\x7c\x7d"
    assert frames[-2:] == b"\x00\x00"


def test_mu_law_survives_a_wav() -> None:
    """Speech comes back byte by byte."""
    speech = speak("hello").mulaw

    assert mulaw_of(wav_of(speech)).replace(b"\x7f", b"\xff") == speech.replace(b"\x7f", b"\xff")


def test_mixing_with_silence_changes_nothing() -> None:
    """Two sides of which one is silent."""
    speech = speak("hello").mulaw

    assert mixed(speech, b"").replace(b"\x7f", b"\xff") == speech.replace(b"\x7f", b"\xff")


def test_what_is_no_wav_is_refused() -> None:
    """In words."""
    with pytest.raises(ValueError, match="not a WAV"):
        mulaw_of(b"hello")
