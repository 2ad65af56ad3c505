"""Log-mel spectrograms in the form that OpenAI's Whisper models expect. No I/O."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

_LINEAR_UNTIL_HZ, _HZ_PER_MEL = 1000.0, 200 / 3
_LOG_STEP = np.log(6.4) / 27
"""Above 1 kHz, 27 mels are a factor of 6.4 (Slaney's scale)."""
_FLOOR = 1e-10
_DYNAMIC_RANGE = 8.0
"""Powers more than 8 decades below the loudest are raised to that level."""

Floats = NDArray[np.float64]


def log_mel_spectrogram(wave: Floats, window: int, hop: int, weights: Floats) -> NDArray[np.float32]:
    """Return a spectrogram, in bands by frames.

    Args:
        wave: samples from -1 to 1.
        window: samples of a frame.
        hop: samples from one frame to the next.
        weights: see `mel_weights`.
    """
    decades = np.log10(np.maximum(_powers(wave, window, hop) @ weights, _FLOOR)).T
    floored = np.maximum(decades, decades.max() - _DYNAMIC_RANGE)
    scaled: NDArray[np.float32] = ((floored + 4) / 4).astype(np.float32)
    return scaled


@cache
def mel_weights(bands: int, window: int, sample_rate_hz: int, highest_hz: float) -> Floats:
    """Weight of each frequency of a spectrum in each band up to the highest, in frequencies by bands."""
    edges = _hz(np.linspace(0.0, _mel(highest_hz), bands + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    frequencies = np.linspace(0.0, sample_rate_hz / 2, window // 2 + 1)[:, None]
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    triangles: Floats = np.clip(np.minimum(rising, falling), 0, None) * (2 / (high - low))
    return triangles


def _powers(wave: Floats, window: int, hop: int) -> Floats:
    """Power spectrum of each frame, in frames by frequency."""
    mirrored = np.pad(wave, window // 2, mode="reflect")
    starts = np.arange(wave.size // hop) * hop
    spectrum = np.fft.rfft(mirrored[starts[:, None] + np.arange(window)[None, :]] * _hann(window), axis=1)
    powers: Floats = spectrum.real**2 + spectrum.imag**2
    return powers


@cache
def _hann(window: int) -> Floats:
    values: Floats = 0.5 - 0.5 * np.cos(np.arange(window) * (2 * np.pi / window))
    return values


def _mel(frequency_hz: float) -> float:
    if frequency_hz < _LINEAR_UNTIL_HZ:
        return frequency_hz / _HZ_PER_MEL
    return float(_LINEAR_UNTIL_HZ / _HZ_PER_MEL + np.log(frequency_hz / _LINEAR_UNTIL_HZ) / _LOG_STEP)


def _hz(mels: Floats) -> Floats:
    linear_until = _LINEAR_UNTIL_HZ / _HZ_PER_MEL
    logarithmic = _LINEAR_UNTIL_HZ * np.exp(_LOG_STEP * (mels - linear_until))
    frequencies: Floats = np.where(mels < linear_until, mels * _HZ_PER_MEL, logarithmic)
    return frequencies
