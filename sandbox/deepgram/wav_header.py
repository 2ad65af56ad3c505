"""Header of a WAV file, read from a client's first message. No I/O.

FFmpeg would read 32 kB of a WAV file before it returns the first samples.
"""

import struct
from dataclasses import dataclass

from sandbox.deepgram.audio_format import AudioFormat

_ENCODINGS = {(1, 16): "linear16", (3, 32): "linear32", (6, 8): "alaw", (7, 8): "mulaw"}
"""By format tag and bits per sample."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """Format and start of the samples of a WAV file."""

    audio: AudioFormat
    header_bytes: int
    """Offset of the first sample."""


def read_wav_header(data: bytes) -> WavHeader | None:
    """Parse the header; None if it is incomplete or the file has another codec."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    audio, at = None, 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        at += 8
        if name == b"data":
            return WavHeader(audio, at) if audio is not None else None
        if name == b"fmt " and at + 16 <= len(data):
            tag, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if (tag, bits) not in _ENCODINGS or not channels or not rate_hz:
                return None
            audio = AudioFormat(_ENCODINGS[tag, bits], rate_hz, channels)
        at += size + size % 2
    return None
