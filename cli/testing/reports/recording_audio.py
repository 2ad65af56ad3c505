"""Compresses recordings for a report that has no other files."""

import io
from pathlib import Path

import av

_BITS_PER_S = 32_000
_RATE_HZ = 8000


def compressed(path: Path) -> bytes:
    """A WAV file as MP3, which every browser plays; empty if it cannot be read."""
    out = io.BytesIO()
    try:
        with av.open(str(path)) as source, av.open(out, "w", format="mp3") as target:
            stream = target.add_stream("libmp3lame", rate=_RATE_HZ)
            stream.layout = "stereo"
            stream.bit_rate = _BITS_PER_S
            resampler = av.AudioResampler(format="s16p", layout="stereo", rate=_RATE_HZ)
            for frame in source.decode(source.streams.audio[0]):
                for part in resampler.resample(frame):
                    target.mux(stream.encode(part))
            for part in resampler.resample(None):
                target.mux(stream.encode(part))
            target.mux(stream.encode(None))
    except (OSError, av.FFmpegError, IndexError):
        return b""
    return out.getvalue()
