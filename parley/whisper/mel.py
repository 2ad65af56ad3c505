"""Log-mel spectrogram of telephone audio, as OpenAI's Whisper models expect it. No I/O.

Whisper takes 25 ms windows of audio at 16 kHz. A line at 8 kHz has the same frequencies up to 4 kHz and none
above, so that the spectrogram is computed from its own samples: nothing is resampled, and half as much is
transformed.
"""

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import DECODE
from parley.audio.mel_spectrogram import log_mel_spectrogram, mel_weights

FRAME_MS = 10
_WINDOW, _HOP = 200, 80
_SAMPLE_RATE_HZ, _WHISPER_NYQUIST_HZ = 8000, 8000.0
_POWER_RATIO = 4.0
"""A sine's power in a window of twice as many samples."""
_WAVE = np.array(DECODE, dtype=np.float64) / 32768


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
    weights = _POWER_RATIO * mel_weights(bands, _WINDOW, _SAMPLE_RATE_HZ, _WHISPER_NYQUIST_HZ)
    return np.ascontiguousarray(log_mel_spectrogram(wave, _WINDOW, _HOP, weights))
