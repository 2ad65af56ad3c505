"""Conversion between WAV and mu-law."""

import io
import wave

import pytest

from sandbox.espeak import speak
from sandbox.twilio.wav import from_wav, mix, to_wav


def test_two_channels_are_interleaved() -> None:
    """The shorter one is padded with silence."""
    with wave.open(io.BytesIO(to_wav(b"\x00" * 160, b"\x80" * 80))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        assert file.getnframes() == 160
        frames = file.readframes(160)

    assert frames[:4] == b"\x84\x82\x7c\x7d"
    assert frames[-2:] == b"\x00\x00"


def test_mu_law_is_unchanged_by_conversion_to_wav() -> None:
    """Speech is unchanged byte by byte."""
    speech = speak("hello").mulaw

    assert from_wav(to_wav(speech)).replace(b"\x7f", b"\xff") == speech.replace(b"\x7f", b"\xff")


def test_mixing_with_silence_changes_nothing() -> None:
    """A missing channel counts as silence."""
    speech = speak("hello").mulaw

    assert mix(speech, b"").replace(b"\x7f", b"\xff") == speech.replace(b"\x7f", b"\xff")


def test_invalid_wav_is_rejected() -> None:
    """The error names the required format."""
    with pytest.raises(ValueError, match="not a WAV"):
        from_wav(b"hello")
