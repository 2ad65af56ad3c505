"""Converts between mu-law and arrays of 16-bit linear samples."""

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import DECODE, ENCODE

_ENCODE = np.frombuffer(ENCODE, dtype=np.uint8)
_DECODE = np.array(DECODE, dtype=np.int16)


def to_mulaw(samples: NDArray[np.int16]) -> bytes:
    """Encode samples."""
    return _ENCODE[samples.view(np.uint16)].tobytes()


def from_mulaw(mulaw: bytes) -> NDArray[np.int16]:
    """Decode mu-law."""
    return _DECODE[np.frombuffer(mulaw, dtype=np.uint8)]
