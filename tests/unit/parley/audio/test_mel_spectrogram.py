"""Log-mel spectrograms."""

import numpy as np
import pytest

from parley.audio.mel_spectrogram import log_mel_spectrogram, mel_weights

WINDOW, HOP, RATE_HZ, BANDS = 400, 160, 16_000, 80


def band_centre_hz(band: int) -> float:
    """The frequency with the most weight in a band."""
    weights = mel_weights(BANDS, WINDOW, RATE_HZ, RATE_HZ / 2)
    return float(weights[:, band].argmax()) * RATE_HZ / WINDOW


@pytest.mark.parametrize("band", [10, 40, 70])
def test_a_tone_is_loudest_in_its_band(band: int) -> None:
    frequency_hz = band_centre_hz(band)
    tone = np.sin(2 * np.pi * frequency_hz * np.arange(RATE_HZ) / RATE_HZ)
    weights = mel_weights(BANDS, WINDOW, RATE_HZ, RATE_HZ / 2)
    spectrogram = log_mel_spectrogram(tone, WINDOW, HOP, weights)

    assert spectrogram.shape == (BANDS, RATE_HZ // HOP)
    assert (abs(spectrogram[:, 10:-10].argmax(axis=0) - band) <= 1).all()


def test_the_dynamic_range_is_limited() -> None:
    wave = np.zeros(RATE_HZ)
    wave[: RATE_HZ // 2] = np.sin(np.arange(RATE_HZ // 2))
    weights = mel_weights(BANDS, WINDOW, RATE_HZ, RATE_HZ / 2)
    spectrogram = log_mel_spectrogram(wave, WINDOW, HOP, weights)

    assert spectrogram.max() - spectrogram.min() == pytest.approx(2.0)
    assert spectrogram[:, -1] == pytest.approx(spectrogram.min())


def test_bands_above_the_line_have_no_weight() -> None:
    """Whisper's bands reach 8 kHz, a telephone line 4 kHz."""
    weights = mel_weights(BANDS, 200, 8000, 8000.0)

    assert weights[:, -1].max() == 0
    assert weights[:, 10].max() > 0
