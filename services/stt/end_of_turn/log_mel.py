"""Log-mel spectrogram of 8 s of speech, as OpenAI's Whisper models and those derived from them expect it.

80 mel bands (Slaney's scale and area normalization) of 25 ms windows every 10 ms at 16 kHz, in the form that
Hugging Face's WhisperFeatureExtractor gives with `do_normalize`.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
SECONDS = 8
SAMPLES = SAMPLE_RATE_HZ * SECONDS

_WINDOW, _HOP, _BANDS = 400, 160, 80
_LINEAR_UNTIL_HZ, _HZ_PER_MEL = 1000.0, 200 / 3
_LOG_STEP = np.log(6.4) / 27
"""Above 1 kHz, 27 mels are a factor of 6.4."""
_DYNAMIC_RANGE = 8.0
"""Powers more than 8 decades below the loudest are raised to that level."""

Floats = NDArray[np.float64]


def log_mel(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the spectrogram (80 bands, 800 frames) of 128,000 samples.

    Raises:
        ValueError: the number of samples is another.
    """
    if wave.shape != (SAMPLES,):
        raise ValueError(f"log_mel needs {SAMPLES} samples, not {wave.shape}")
    normalized = (wave - wave.mean()) / np.sqrt(wave.var() + np.float32(1e-7))
    decades = np.log10(np.maximum(_powers(normalized.astype(np.float64)) @ _bands(), 1e-10)).T
    floored = np.maximum(decades, decades.max() - _DYNAMIC_RANGE)
    scaled: NDArray[np.float32] = ((floored + 4) / 4).astype(np.float32)
    return scaled


def _powers(wave: Floats) -> Floats:
    """Power spectrum of each window, in frames by frequency."""
    mirrored = np.pad(wave, _WINDOW // 2, mode="reflect")
    starts = np.arange(SAMPLES // _HOP) * _HOP
    windows = mirrored[starts[:, None] + np.arange(_WINDOW)[None, :]] * _hann()
    spectrum = np.fft.rfft(windows, axis=1)
    powers: Floats = spectrum.real**2 + spectrum.imag**2
    return powers


@cache
def _hann() -> Floats:
    angles = np.arange(_WINDOW) * (2 * np.pi / _WINDOW)
    window: Floats = 0.5 - 0.5 * np.cos(angles)
    return window


@cache
def _bands() -> Floats:
    """Weight of each frequency in each band, in frequencies by bands."""
    edges = _hz(np.linspace(0.0, float(_mel(SAMPLE_RATE_HZ / 2)), _BANDS + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    frequencies = np.linspace(0.0, SAMPLE_RATE_HZ / 2, _WINDOW // 2 + 1)[:, None]
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    triangles: Floats = np.clip(np.minimum(rising, falling), 0, None) * (2 / (high - low))
    return triangles


def _mel(frequency_hz: float) -> float:
    if frequency_hz < _LINEAR_UNTIL_HZ:
        return frequency_hz / _HZ_PER_MEL
    return float(_LINEAR_UNTIL_HZ / _HZ_PER_MEL + np.log(frequency_hz / _LINEAR_UNTIL_HZ) / _LOG_STEP)


def _hz(mels: Floats) -> Floats:
    linear_until = _LINEAR_UNTIL_HZ / _HZ_PER_MEL
    logarithmic = _LINEAR_UNTIL_HZ * np.exp(_LOG_STEP * (mels - linear_until))
    frequencies: Floats = np.where(mels < linear_until, mels * _HZ_PER_MEL, logarithmic)
    return frequencies
