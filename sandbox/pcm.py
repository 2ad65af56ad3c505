"""Converts between G.711, arrays of 16-bit linear samples and other sample rates."""

from functools import cache

import numpy as np
import soxr
from numpy.typing import NDArray

from parley.audio.g711 import DECODE, ENCODE

Samples = NDArray[np.int16]

_ENCODE = np.frombuffer(ENCODE, dtype=np.uint8)
_DECODE = np.array(DECODE, dtype=np.int16)


def to_mulaw(samples: Samples) -> bytes:
    """Encode samples."""
    return _ENCODE[samples.view(np.uint16)].tobytes()


def from_mulaw(mulaw: bytes) -> Samples:
    """Decode mu-law."""
    return _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]


def to_alaw(samples: Samples) -> bytes:
    """Encode samples as A-law."""
    # Each sample becomes the code whose value is nearest.
    values, codes, edges = _alaw_tables()
    del values
    return codes[np.searchsorted(edges, samples)].tobytes()


def from_alaw(alaw: bytes) -> Samples:
    """Decode A-law."""
    values, _, _ = _alaw_tables()
    return values[np.frombuffer(alaw, dtype=np.uint8)]


def resample(samples: Samples, from_hz: int, to_hz: int) -> Samples:
    """Convert a whole recording to another sample rate; its duration stays the same."""
    if from_hz == to_hz or not samples.size:
        return samples
    return np.asarray(soxr.resample(samples, from_hz, to_hz), dtype=np.int16)


@cache
def _alaw_tables() -> tuple[Samples, NDArray[np.uint8], NDArray[np.int32]]:
    """The value of each code, the codes in the order of their values, and the limits between the values."""
    values = np.array([_alaw_value(code) for code in range(256)], dtype=np.int16)
    codes = np.argsort(values).astype(np.uint8)
    ordered = values[codes].astype(np.int32)
    return values, codes, (ordered[1:] + ordered[:-1]) // 2


def _alaw_value(code: int) -> int:
    """Linear value of a code (ITU-T G.711, even bits inverted)."""
    code ^= 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = step + 8 if segment == 0 else (step + 0x108) << (segment - 1)
    return magnitude if code & 0x80 else -magnitude
