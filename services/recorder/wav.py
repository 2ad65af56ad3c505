"""Converts two mu-law channels to a WAV file that every browser plays: 16 bits, stereo, 8 kHz. No I/O.

A segment holds both channels as stereo mu-law: caller, agent, caller, agent, one byte each.
"""

import struct

import numpy as np

from parley.audio.g711 import DECODE, SAMPLE_RATE_HZ, SILENCE

_CHANNELS = 2
_SAMPLE_BYTES = 2
_FRAME_BYTES = _CHANNELS * _SAMPLE_BYTES
_HEADER_BYTES = 44
_PCM_FORMAT = 1
_MAX_SAMPLES = (2**32 - 64) // _FRAME_BYTES
"""WAV stores its size in 32 bits; at 8 kHz that is more than a day."""
_LINEAR = np.array(DECODE, dtype="<i2")


def interleaved(caller: bytes, agent: bytes) -> bytes:
    """Return a segment of two channels of the same length."""
    channels = (np.frombuffer(caller, np.uint8), np.frombuffer(agent, np.uint8))
    return np.column_stack(channels).tobytes()


def samples_of(segment_bytes: int) -> int:
    """Return the number of samples per channel in a segment of that many bytes."""
    return segment_bytes // _CHANNELS


def samples_of_file(file_bytes: int) -> int:
    """Return the number of samples per channel in a recording of that many bytes."""
    return (file_bytes - _HEADER_BYTES) // _FRAME_BYTES


def silence(samples: int) -> bytes:
    """Return a segment of silence."""
    return SILENCE * (_CHANNELS * samples)


def pcm(segment: bytes) -> bytes:
    """Decode a segment to the 16-bit samples of a WAV file."""
    return _LINEAR[np.frombuffer(segment, np.uint8)].tobytes()


def header(samples: int) -> bytes:
    """Return the 44-byte header of a WAV file with that many samples per channel."""
    size = min(samples, _MAX_SAMPLES) * _FRAME_BYTES
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        _PCM_FORMAT,
        _CHANNELS,
        SAMPLE_RATE_HZ,
        SAMPLE_RATE_HZ * _FRAME_BYTES,
        _FRAME_BYTES,
        8 * _SAMPLE_BYTES,
        b"data",
        size,
    )
