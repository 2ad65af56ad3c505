"""Finds the words of a studio recording by their level, independently of the detector. No I/O, no clock.

The level is that of 10 ms, every 2.5 ms, of the audio and of the audio with pre-emphasis (6 dB per octave).
Speech is where either is less than 40 dB below its loudest 10 ms in the prompt, while the audio is above
-66 dBFS, below which mu-law leaves nothing to detect. Vowels decide the first level, fricatives and the
release of plosives the second: without pre-emphasis a final "s" is 35 to 45 dB below the vowels. Stretches
less than 100 ms apart are one word, which lasts at least 30 ms and comes within 30 dB of the loudest 10 ms
somewhere. So a weak consonant belongs to the word beside it, also after a closure, and breath alone is no
word.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float64]
_STEP, _WINDOW, _STEP_MS = 20, 80, 2.5
_HALF_WINDOW_MS = 5.0
_EDGE_DB, _CORE_DB, _AUDIBLE_DBFS = -40.0, -30.0, -66.0
_WORD_GAP_MS, _MIN_WORD_MS = 100.0, 30.0


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of speech."""

    start_ms: float
    end_ms: float

    def shifted(self, ms: float) -> "Span":
        """The same stretch, later."""
        return Span(self.start_ms + ms, self.end_ms + ms)


def levels(wave: Wave) -> Wave:
    """The level of 10 ms at a time, in dBFS."""
    centred = wave - wave.mean() if wave.size else wave
    sums = np.concatenate([[0.0], np.cumsum(centred * centred)])
    starts = np.arange(max(0, (len(wave) - _WINDOW) // _STEP + 1)) * _STEP
    return np.asarray(10 * np.log10((sums[starts + _WINDOW] - sums[starts]) / _WINDOW + 1e-12))


def with_speech_level(wave: Wave, dbfs: float) -> Wave:
    """The recording with this mean level of what is within 30 dB of its loudest part."""
    level = levels(wave)
    active = level[level > level.max() + _CORE_DB]
    return np.asarray(wave * 10 ** ((dbfs - 10 * np.log10(np.mean(10 ** (active / 10)))) / 20))


def words(wave: Wave) -> list[Span]:
    """The words of a recording, in order."""
    level = levels(wave)
    if not level.size:
        return []
    is_core = level > level.max() + _CORE_DB
    found: list[Span] = []
    have_core: list[bool] = []
    for first, after in _stretches(_is_speech(level, levels(np.diff(wave, prepend=wave[:1])))):
        span = Span(first * _STEP_MS + _HALF_WINDOW_MS - _STEP_MS, after * _STEP_MS + _HALF_WINDOW_MS)
        has_core = bool(is_core[first:after].any())
        if found and span.start_ms - found[-1].end_ms < _WORD_GAP_MS:
            found[-1] = Span(found[-1].start_ms, span.end_ms)
            have_core[-1] |= has_core
        else:
            found.append(span)
            have_core.append(has_core)
    return [
        word
        for word, has_core in zip(found, have_core, strict=True)
        if has_core and word.end_ms - word.start_ms >= _MIN_WORD_MS
    ]


def _is_speech(level: Wave, emphasized: Wave) -> NDArray[np.bool_]:
    near_peak = (level > level.max() + _EDGE_DB) | (emphasized > emphasized.max() + _EDGE_DB)
    return np.asarray(near_peak & (level > _AUDIBLE_DBFS))


def _stretches(is_speech: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first index of each stretch of speech, and the first after it."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_speech, [False]]).astype(int))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
