"""Converts between a session's audio formats and telephone audio. No I/O."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np
import soxr

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.pcm import Samples, from_alaw, from_mulaw, resample, to_alaw, to_mulaw

_PCM_HZ = 24_000
_PCM_BYTES_PER_MS = _PCM_HZ * 2 // 1000


def bytes_per_ms(audio_format: Mapping[str, Any]) -> int:
    """Bytes of a millisecond of audio."""
    return _PCM_BYTES_PER_MS if audio_format["type"] == "audio/pcm" else SAMPLE_RATE_HZ // 1000


def from_base64(text: str) -> bytes | None:
    """The bytes; None if the text is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


class InputDecoder:
    """Converts a stream of appended audio to 8 kHz mu-law; a chunk may end within a sample."""

    def __init__(self, audio_format: Mapping[str, Any]) -> None:
        self.format = dict(audio_format)
        self._rest = b""
        self._resampler: soxr.ResampleStream | None = None

    def decode(self, audio: bytes) -> bytes:
        """The mu-law of the audio; that of PCM is a few milliseconds late."""
        match self.format["type"]:
            case "audio/pcmu":
                return audio
            case "audio/pcma":
                return to_mulaw(from_alaw(audio))
            case _:
                return to_mulaw(self._resample(self._samples(audio)))

    def _resample(self, samples: Samples) -> Samples:
        if self._resampler is None:
            self._resampler = soxr.ResampleStream(_PCM_HZ, SAMPLE_RATE_HZ, 1, dtype="int16")
        return np.asarray(self._resampler.resample_chunk(samples), dtype=np.int16)

    def _samples(self, audio: bytes) -> Samples:
        data = self._rest + audio
        usable = len(data) - len(data) % 2
        self._rest = data[usable:]
        return np.frombuffer(data[:usable], dtype="<i2")


def encode_output(mulaw: bytes, audio_format: Mapping[str, Any]) -> bytes:
    """Synthesised telephone audio in the session's format."""
    match audio_format["type"]:
        case "audio/pcmu":
            return mulaw
        case "audio/pcma":
            return to_alaw(from_mulaw(mulaw))
        case _:
            return resample(from_mulaw(mulaw), SAMPLE_RATE_HZ, _PCM_HZ).tobytes()
