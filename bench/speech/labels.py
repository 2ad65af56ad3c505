"""Finds the words of a studio recording by their level, independently of the detector. No I/O, no clock.

The level is that of 10 ms, every 2.5 ms. Speech is where it is less than 40 dB below the loudest 10 ms of the
prompt and above -66 dBFS, below which mu-law leaves nothing to detect, for at least 30 ms, provided that it
comes within 30 dB of the loudest: this includes weak consonants and leaves out breath. Stretches less than
100 ms apart are one word.
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
    peak = float(level.max())
    audible = level > max(peak + _EDGE_DB, _AUDIBLE_DBFS)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], audible, [False]]).astype(int)))
    found: list[Span] = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        if level[first:after].max() <= peak + _CORE_DB:
            continue
        start_ms = float(first) * _STEP_MS + _HALF_WINDOW_MS - _STEP_MS
        end_ms = float(after) * _STEP_MS + _HALF_WINDOW_MS
        if found and start_ms - found[-1].end_ms < _WORD_GAP_MS:
            found[-1] = Span(found[-1].start_ms, end_ms)
        else:
            found.append(Span(start_ms, end_ms))
    return [word for word in found if word.end_ms - word.start_ms >= _MIN_WORD_MS]
