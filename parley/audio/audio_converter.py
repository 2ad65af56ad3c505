"""Converts a stream of audio between formats as it arrives. No I/O, no clock.

soxr's own streams return audio 40 to 175 ms late (60 ms and more from 8 to 16 kHz), except in the quality QQ,
which has no filter against aliasing. Each block is therefore resampled as a whole, together with some audio
before and after it, which keeps the error below -58 dB and the delay at 4 ms.
"""

from math import gcd

import numpy as np
import soxr
from numpy.typing import NDArray

from parley.audio.formats import AudioFormat
from parley.audio.g711 import DECODE, ENCODE

_QUALITY = "MQ"
"""Flat up to 3.4 kHz at 8 kHz, which LQ is not; HQ has a longer filter, and so a larger error."""
_CONTEXT_MS = 4
"""Audio on both sides of a block that its conversion depends on."""
_MAX_BLOCK_S = 10
_LINEAR = np.array(DECODE, dtype=np.float32)
_MULAW = np.frombuffer(ENCODE, dtype=np.uint8)


class AudioConverter:
    """Converts one stream. Its output lags by at most 4 ms behind its input until it is flushed.

    The concatenated output does not depend on how the input is divided into chunks, apart from errors below
    -58 dB; a chunk may end within a sample.
    """

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        self.source = source
        self.target = target
        divisor = gcd(source.sample_rate_hz, target.sample_rate_hz)
        self._unit = source.sample_rate_hz // divisor
        """Samples of the source after which its samples and those of the target coincide again."""
        self._target_unit = target.sample_rate_hz // divisor
        self._context = source.sample_rate_hz * _CONTEXT_MS // 1000
        self._partial = b""
        self._start_new()

    def _start_new(self) -> None:
        self._samples: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        """The samples still needed, of which the first is number `_first`, a multiple of `_unit`."""
        self._first = 0
        self._returned = 0

    @property
    def lag_ms(self) -> float:
        """Duration of the input that has not been returned yet."""
        received = self._first + len(self._samples)
        return received * 1000 / self.source.sample_rate_hz - self.returned_ms

    @property
    def returned_ms(self) -> float:
        """Duration of the output returned since the beginning or the last flush."""
        return self._returned * 1000 / self.target.sample_rate_hz

    def convert(self, audio: bytes) -> bytes:
        """Add audio; returns the part of the output that is ready."""
        samples = self._decode(audio)
        if self._unit == self._target_unit:
            self._first += len(samples)
            self._returned += len(samples)
            return self._encode(samples)
        block = self.source.sample_rate_hz * _MAX_BLOCK_S
        parts = [self._add(samples[at : at + block]) for at in range(0, len(samples), block)]
        return b"".join(parts)

    def flush(self) -> bytes:
        """Return the rest of the output; audio that is added later begins a new stream."""
        received = self._first + len(self._samples)
        rest = self._take(-(-received * self._target_unit // self._unit))
        self._partial = b""
        self._start_new()
        return rest

    def _add(self, samples: NDArray[np.float32]) -> bytes:
        self._samples = np.concatenate((self._samples, samples))
        certain = self._first + len(self._samples) - self._context
        output = self._take(certain * self._target_unit // self._unit)
        needed = self._returned * self._unit // self._target_unit - self._context
        if (unused := needed // self._unit * self._unit - self._first) > 0:
            self._samples = self._samples[unused:]
            self._first += unused
        return output

    def _take(self, end: int) -> bytes:
        """Return the output up to sample `end`."""
        if end <= self._returned:
            return b""
        first = self._first // self._unit * self._target_unit
        # soxr rounds the number of samples, which may leave out the last one.
        padded = np.append(self._samples, np.zeros(self._unit, dtype=np.float32))
        resampled = soxr.resample(
            padded, self.source.sample_rate_hz, self.target.sample_rate_hz, quality=_QUALITY
        )
        output = resampled[self._returned - first : end - first]
        self._returned = end
        return self._encode(output)

    def _decode(self, audio: bytes) -> NDArray[np.float32]:
        if self.source.encoding == "mulaw":
            return _LINEAR[np.frombuffer(audio, dtype=np.uint8)]
        audio = self._partial + audio
        whole = len(audio) & ~1
        self._partial = audio[whole:]
        return np.frombuffer(audio[:whole], dtype="<i2").astype(np.float32)

    def _encode(self, samples: NDArray[np.float32]) -> bytes:
        linear = np.clip(np.rint(samples), -32768, 32767).astype("<i2")
        if self.target.encoding == "mulaw":
            return _MULAW[linear.astype(np.int16).view(np.uint16)].tobytes()
        return linear.tobytes()
