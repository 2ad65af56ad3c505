"""Measures a caller's audio with pre-emphasis, in which weak consonants stand out. No I/O, no clock.

Fricatives and the release of plosives are up to 45 dB weaker than vowels, but their energy is at high
frequencies, which pre-emphasis (6 dB per octave) raises. Levels are mean powers, as in `audio_level`.
"""

import numpy as np

from parley.audio.g711 import DECODE, SILENCE
from services.stt.audio_level import block_levels

_WAVE = np.array(DECODE, dtype=np.float32) / 32768
_FRICATIVE_FRAMES = 3
"""A fricative at the start of a word is longer than that; clicks and the release of plosives are shorter."""
_VOWEL_RATIO = 0.5
"""Pre-emphasis weakens vowels by 5 to 10 dB, leaves white noise 3 dB louder, and fricatives still more."""


class PreEmphasis:
    """The latest 20 ms of one caller's audio with pre-emphasis."""

    def __init__(self) -> None:
        self.blocks: list[float] = []
        """The level of each 5 ms of the latest frame; empty if it was not audible."""
        self.vowel_after_fricative = False
        """Whether the latest frame may be a vowel and follows 60 ms or more of a fricative."""
        self._last_sample = SILENCE
        self._fricative_frames = 0

    def add(self, frame: bytes, blocks: list[float], *, audible: bool) -> None:
        """Add 20 ms of mu-law audio with these levels of its blocks; only audible audio costs anything."""
        if audible:
            wave = _WAVE[np.frombuffer(self._last_sample + frame, dtype=np.uint8)]
            steps = wave[1:] - wave[:-1]
            self.blocks = block_levels(steps * steps)
            emphasized, power = sum(self.blocks), sum(blocks)
            follows = self._fricative_frames >= _FRICATIVE_FRAMES
            self.vowel_after_fricative = follows and emphasized < power * _VOWEL_RATIO
            self._fricative_frames = self._fricative_frames + 1 if emphasized >= power else 0
        else:
            self.blocks, self.vowel_after_fricative, self._fricative_frames = [], False, 0
        self._last_sample = frame[-1:]
