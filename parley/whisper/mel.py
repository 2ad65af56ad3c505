"""Log-mel spectrogram of telephone audio, as OpenAI's Whisper models expect it. No I/O.

Whisper takes 25 ms windows of audio at 16 kHz. A line at 8 kHz has the same frequencies up to 4 kHz and none
above, so that the spectrogram is computed from its own samples: nothing is resampled, and half as much is
transformed.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import DECODE

FRAME_MS = 10
_WINDOW, _HOP = 200, 80
_NYQUIST_HZ, _WHISPER_NYQUIST_HZ = 4000.0, 8000.0
_POWER_RATIO = 4.0
"""A sine's power in a window of twice as many samples."""
_LINEAR_UNTIL_HZ, _HZ_PER_MEL = 1000.0, 200 / 3
_LOG_STEP = np.log(6.4) / 27
"""Above 1 kHz, 27 mels are a factor of 6.4 (Slaney's scale)."""
_FLOOR = 1e-10
_DYNAMIC_RANGE = 8.0
"""Powers more than 8 decades below the loudest are raised to that level."""
_WAVE = np.array(DECODE, dtype=np.float64) / 32768

Floats = NDArray[np.float64]


def log_mel(mulaw: bytes, duration_ms: int, bands: int) -> NDArray[np.float32]:
    """Return the spectrogram (bands by frames of 10 ms) of mu-law audio, with digital silence after it.

    Args:
        mulaw: 8 kHz; what exceeds the duration is ignored.
        duration_ms: a multiple of 10.
        bands: 80, or 128 for Whisper large v3 and turbo.
    """
    samples = duration_ms * 8
    wave = np.zeros(samples)
    given = _WAVE[np.frombuffer(mulaw, dtype=np.uint8)[:samples]]
    wave[: given.size] = given
    decades = np.log10(np.maximum(_powers(wave) @ _weights(bands), _FLOOR)).T
    floored = np.maximum(decades, decades.max() - _DYNAMIC_RANGE)
    scaled: NDArray[np.float32] = ((floored + 4) / 4).astype(np.float32)
    return np.ascontiguousarray(scaled)


def _powers(wave: Floats) -> Floats:
    """Power spectrum of each window, in frames by frequency."""
    mirrored = np.pad(wave, _WINDOW // 2, mode="reflect")
    starts = np.arange(wave.size // _HOP) * _HOP
    spectrum = np.fft.rfft(mirrored[starts[:, None] + np.arange(_WINDOW)[None, :]] * _hann(), axis=1)
    powers: Floats = spectrum.real**2 + spectrum.imag**2
    return powers


@cache
def _hann() -> Floats:
    window: Floats = 0.5 - 0.5 * np.cos(np.arange(_WINDOW) * (2 * np.pi / _WINDOW))
    return window


@cache
def _weights(bands: int) -> Floats:
    """Weight of each frequency of the line in each band, in frequencies by bands."""
    edges = _hz(np.linspace(0.0, float(_mel(_WHISPER_NYQUIST_HZ)), bands + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    frequencies = np.linspace(0.0, _NYQUIST_HZ, _WINDOW // 2 + 1)[:, None]
    rising = (frequencies - low) / (centre - low)
    falling = (high - frequencies) / (high - centre)
    triangles: Floats = np.clip(np.minimum(rising, falling), 0, None) * (2 / (high - low))
    return triangles * _POWER_RATIO


def _mel(frequency_hz: float) -> float:
    if frequency_hz < _LINEAR_UNTIL_HZ:
        return frequency_hz / _HZ_PER_MEL
    return float(_LINEAR_UNTIL_HZ / _HZ_PER_MEL + np.log(frequency_hz / _LINEAR_UNTIL_HZ) / _LOG_STEP)


def _hz(mels: Floats) -> Floats:
    linear_until = _LINEAR_UNTIL_HZ / _HZ_PER_MEL
    logarithmic = _LINEAR_UNTIL_HZ * np.exp(_LOG_STEP * (mels - linear_until))
    frequencies: Floats = np.where(mels < linear_until, mels * _HZ_PER_MEL, logarithmic)
    return frequencies
