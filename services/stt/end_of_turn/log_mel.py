"""Log-mel spectrogram of 8 s of speech, as OpenAI's Whisper models and those derived from them expect it.

80 mel bands (Slaney's scale and area normalization) of 25 ms windows every 10 ms at 16 kHz, in the form that
Hugging Face's WhisperFeatureExtractor gives with `do_normalize`.
"""

import numpy as np
from numpy.typing import NDArray

from parley.audio.mel_spectrogram import log_mel_spectrogram, mel_weights

SAMPLE_RATE_HZ = 16_000
SECONDS = 8
SAMPLES = SAMPLE_RATE_HZ * SECONDS

_WINDOW, _HOP, _BANDS = 400, 160, 80


def log_mel(wave: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the spectrogram (80 bands, 800 frames) of 128,000 samples.

    Raises:
        ValueError: the number of samples is another.
    """
    if wave.shape != (SAMPLES,):
        raise ValueError(f"log_mel needs {SAMPLES} samples, not {wave.shape}")
    normalized = (wave - wave.mean()) / np.sqrt(wave.var() + np.float32(1e-7))
    weights = mel_weights(_BANDS, _WINDOW, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ / 2)
    return log_mel_spectrogram(normalized.astype(np.float64), _WINDOW, _HOP, weights)
