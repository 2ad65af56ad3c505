"""Measures how loud a caller's audio is, and how loud the noise of the line. No I/O, no clock.

Levels are mean powers; full scale is 1, so that a power of 1e-4 is -40 dBFS.
"""

from collections import deque
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import BYTES_PER_MS, DECODE

BLOCK_MS = 5
_BLOCK_BYTES = BLOCK_MS * BYTES_PER_MS
_HISTORY_BLOCKS = 50
_POWER = np.array([(value / 32768) ** 2 for value in DECODE], dtype=np.float32)
_MEAN = np.full(_BLOCK_BYTES, 1 / _BLOCK_BYTES, dtype=np.float32)
_MIN_FLOOR, _MAX_FLOOR = 10**-7.2, 10**-4.5
"""-72 dBFS is below the smallest step of mu-law; audio above -45 dBFS may be speech, whatever the noise."""
_FALL = 0.3
_RISE, _RISE_IN_SPEECH = 10**0.05, 10**0.002
"""Per frame of 20 ms: 25 dB/s lets the floor reach the noise of a new call in a second; 1 dB/s while the
audio may be speech keeps it below the speech, whose pauses lower it again."""
_GATE, _MIN_GATE = 10**0.3, 10**-6.6
"""Audio may be speech if it is 3 dB above the noise, and above -66 dBFS, four smallest steps of mu-law."""
_EDGE, _MIN_EDGE, _EDGE_ABOVE_NOISE = 10**-3.8, 10**-6.7, 10**0.6
"""Speech reaches to where its level is 38 dB below its loudest part, but is still 6 dB above the noise."""
_ONSET_GAP_BLOCKS = 4
"""Closures before the first vowel, as in "two", are shorter than 20 ms."""


def block_levels(powers: NDArray[np.floating[Any]]) -> list[float]:
    """Return the level of each 5 ms of a frame from the powers of its samples."""
    levels: list[float] = (powers.reshape(-1, _BLOCK_BYTES) @ _MEAN).tolist()
    return levels


class AudioLevel:
    """The level of the latest audio of one caller, and of the noise behind it."""

    def __init__(self) -> None:
        self._blocks: deque[float] = deque([0.0] * _HISTORY_BLOCKS, maxlen=_HISTORY_BLOCKS)
        self._frame_power = 0.0
        self._floor = _MIN_FLOOR

    def add(self, frame: bytes) -> list[float]:
        """Add 20 ms of mu-law audio; returns the level of each of its blocks of 5 ms."""
        blocks = block_levels(_POWER[np.frombuffer(frame, dtype=np.uint8)])
        self._blocks.extend(blocks)
        self._frame_power = sum(blocks) / len(blocks)
        return blocks

    def update_floor(self, *, may_be_speech: bool) -> None:
        """Include the latest frame in the noise floor, which falls fast and rises slowly."""
        power = self._frame_power
        if power < self._floor:
            self._floor += _FALL * (max(power, _MIN_FLOOR) - self._floor)
        else:
            rise = _RISE_IN_SPEECH if may_be_speech else _RISE
            self._floor = min(self._floor * rise, power, _MAX_FLOOR)

    @property
    def is_above_noise(self) -> bool:
        """Whether either half of the latest frame is louder than the noise."""
        *_, a, b, c, d = self._blocks
        return max(a + b, c + d) / 2 > max(self._floor * _GATE, _MIN_GATE)

    def peak(self, ms: int) -> float:
        """The loudest 10 ms of the latest `ms`."""
        blocks = list(self._blocks)[-(ms // BLOCK_MS) :]
        return max((first + second) / 2 for first, second in pairwise(blocks))

    def edge(self, peak: float) -> float:
        """The level above which audio still belongs to speech with this peak."""
        return max(peak * _EDGE, self._floor * _EDGE_ABOVE_NOISE, _MIN_EDGE)

    def emphasized_edge(self, peak: float) -> float:
        """The same for levels with pre-emphasis, in which white noise is twice as strong."""
        return max(peak * _EDGE, 2 * self._floor * _EDGE_ABOVE_NOISE, 2 * _MIN_EDGE)

    def onset_age_ms(self, peak_ms: int) -> int:
        """How long ago the audio became loud that is loud now, at most 250 ms; judged by its latest peak."""
        edge = self.edge(self.peak(peak_ms))
        first, quiet = 0, 0
        for age, power in enumerate(reversed(self._blocks), 1):
            if power > edge:
                first, quiet = age, 0
            else:
                quiet += 1
                if first and quiet > _ONSET_GAP_BLOCKS:
                    break
        return first * BLOCK_MS
