"""Detects DTMF tones in mu-law audio, by the power of each of the eight frequencies. No I/O, no clock.

The power of a frequency is what a Goertzel filter yields, computed for all eight at once.
"""

import numpy as np

from parley.audio.dtmf import FREQUENCIES_HZ
from parley.audio.g711 import FRAME_BYTES, SAMPLE_RATE_HZ
from sandbox.pcm import from_mulaw

_MIN_POWER = 300.0**2
"""Mean square of the weakest tone pair, about -30 dBm0."""
_MIN_SHARE = 0.8
"""Share of the power that the two tones must have: speech has more frequencies."""
_MAX_TWIST = 10 ** (8 / 10)
"""Ratio of the powers of the two tones (8 dB)."""
_MIN_FRAMES = 2
"""A key lasts 40 ms at least."""
_LOW_HZ = sorted({low for low, _ in FREQUENCIES_HZ.values()})
_HIGH_HZ = sorted({high for _, high in FREQUENCIES_HZ.values()})
_FILTERS = np.exp(-2j * np.pi * np.outer([*_LOW_HZ, *_HIGH_HZ], np.arange(FRAME_BYTES)) / SAMPLE_RATE_HZ)
_KEY_OF = {pair: key for key, pair in FREQUENCIES_HZ.items()}


class DtmfDetector:
    """Detects the keys in a stream of 20 ms frames."""

    __slots__ = ("_frames", "_key")

    def __init__(self) -> None:
        self._key = ""
        self._frames = 0

    def process(self, frame: bytes) -> str:
        """Return the key that this frame completes; empty for none."""
        key = _key_in(frame)
        self._frames = self._frames + 1 if key and key == self._key else 1
        self._key = key
        return key if key and self._frames == _MIN_FRAMES else ""


def decode(mulaw: bytes) -> str:
    """The keys in the audio."""
    detector = DtmfDetector()
    starts = range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES)
    return "".join(detector.process(mulaw[start : start + FRAME_BYTES]) for start in starts)


def _key_in(frame: bytes) -> str:
    samples = from_mulaw(frame).astype(np.float64)
    power = float(np.mean(samples**2))
    if power < _MIN_POWER:
        return ""
    powers = 2 * np.abs(_FILTERS @ samples) ** 2 / FRAME_BYTES**2
    count = len(_LOW_HZ)
    lowest, highest = int(np.argmax(powers[:count])), int(np.argmax(powers[count:]))
    low, high = float(powers[lowest]), float(powers[count + highest])
    if low + high < _MIN_SHARE * power or not 1 / _MAX_TWIST < low / max(high, 1e-9) < _MAX_TWIST:
        return ""
    return _KEY_OF[_LOW_HZ[lowest], _HIGH_HZ[highest]]
