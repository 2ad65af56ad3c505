"""Runs the speech detection model on a caller's audio, only where it is needed. No I/O, no clock."""

from typing import Protocol

from parley.audio.g711 import BYTES_PER_MS, SILENCE

WINDOW_MS = 32
INTERPOLATION_BYTES = 3
"""The samples around a window of which the model's input needs the waveform between two samples."""
WINDOW_BYTES = WINDOW_MS * BYTES_PER_MS + INTERPOLATION_BYTES
FRAME_MS = 20
FRAME_BYTES = FRAME_MS * BYTES_PER_MS
_HISTORY_BYTES = WINDOW_BYTES + FRAME_BYTES
_HANG_FRAMES = 4
"""The model also processes 80 ms of audio after it has become quiet, as its context."""


class Detector(Protocol):
    """A model that detects speech; it keeps state between windows."""

    def __call__(self, window: bytes) -> float:
        """Return the probability of speech in a window of `WINDOW_BYTES` of mu-law audio."""


class SpeechProbability:
    """The probability of speech in the latest audio of one caller.

    Outside of speech the model processes overlapping windows, one for each frame, which detects speech 10 ms
    earlier; within speech it processes one window after the other. It does not process quiet audio.
    """

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._history = SILENCE * _HISTORY_BYTES
        self._unprocessed = 0
        self._open_frames = 0
        self._probability = 0.0

    def update(self, frame: bytes, *, audible: bool, speaking: bool) -> float:
        """Return the probability after the next 20 ms of audio."""
        self._history = self._history[FRAME_BYTES:] + frame
        self._open_frames = _HANG_FRAMES if audible else max(0, self._open_frames - 1)
        if speaking:
            self._unprocessed += FRAME_BYTES
            size = WINDOW_MS * BYTES_PER_MS
            if self._unprocessed >= size:
                self._unprocessed -= size
                end = _HISTORY_BYTES - self._unprocessed
                self._probability = self._detector(self._history[end - WINDOW_BYTES : end])
        else:
            self._unprocessed = 0
            is_open = self._open_frames > 0
            self._probability = self._detector(self._history[-WINDOW_BYTES:]) if is_open else 0.0
        return self._probability
