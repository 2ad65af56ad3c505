"""Tests of the spectrogram."""

import numpy as np
import soxr

from parley.audio.g711 import DECODE, ENCODE
from parley.audio.mel_spectrogram import log_mel_spectrogram, mel_weights
from parley.whisper.mel import log_mel

_SECONDS = 8


def _mulaw(wave: np.ndarray) -> bytes:
    samples = np.round(wave * 32767).astype(np.int16).view(np.uint16)
    return bytes(np.frombuffer(ENCODE, dtype=np.uint8)[samples])


def test_it_equals_the_spectrogram_of_the_audio_at_16_khz() -> None:
    """A chirp through the whole telephone band, against Whisper's own definition at 16 kHz."""
    times = np.arange(8000 * _SECONDS) / 8000
    mulaw = _mulaw(0.3 * np.sin(2 * np.pi * (300 + 190 * times) * times))
    decoded = np.array(DECODE, dtype=np.float64)[np.frombuffer(mulaw, dtype=np.uint8)] / 32768
    wave = soxr.resample(decoded, 8000, 16_000)
    expected = log_mel_spectrogram(wave, 400, 160, mel_weights(80, 400, 16_000, 8000.0))
    found = log_mel(mulaw, _SECONDS * 1000, 80)
    assert found.shape == (80, _SECONDS * 100)
    # The last frames contain the resampler's edge.
    assert np.abs(found - expected)[:, 5:-5].mean() < 0.01


def test_missing_audio_is_silence_and_further_audio_is_ignored() -> None:
    """The duration decides the number of frames."""
    tone = _mulaw(0.5 * np.sin(np.arange(8000)))
    assert log_mel(tone, 2000, 80).shape == (80, 200)
    assert log_mel(tone * 4, 1000, 128).shape == (128, 100)
    assert (log_mel(tone, 2000, 80)[:, 150:] == log_mel(tone, 2000, 80).min()).all()
    assert np.isfinite(log_mel(b"", 1000, 80)).all()
