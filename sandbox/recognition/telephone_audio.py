"""Converts a socket's raw audio to 8 kHz mu-law. No I/O."""

import numpy as np
import soxr

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.pcm import from_mulaw, to_mulaw

_SAMPLE_BYTES = 2


class TelephoneAudio:
    """A stream of raw audio; a sample that is split between messages is completed by the next one."""

    def __init__(self, sample_rate_hz: int, *, mulaw: bool) -> None:
        self._mulaw = mulaw
        self._passes = mulaw and sample_rate_hz == SAMPLE_RATE_HZ
        self._partial = b""
        self._resampler = soxr.ResampleStream(sample_rate_hz, SAMPLE_RATE_HZ, 1, dtype="int16", quality="LQ")

    def push(self, data: bytes) -> bytes:
        """Return the mu-law of further audio; it may lag behind by a few samples."""
        if self._passes:
            return data
        if self._mulaw:
            samples = from_mulaw(data)
        else:
            data = self._partial + data
            whole = len(data) - len(data) % _SAMPLE_BYTES
            samples, self._partial = np.frombuffer(data[:whole], dtype="<i2"), data[whole:]
        return to_mulaw(np.ascontiguousarray(self._resampler.resample_chunk(samples)))
