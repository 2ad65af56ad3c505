"""Headers of WAV files."""

import io
import struct
import wave

from hypothesis import given
from hypothesis import strategies as st

from sandbox.deepgram.audio_format import AudioFormat
from sandbox.deepgram.wav_header import WavHeader, read_wav_header


def file(rate_hz: int, channels: int, width: int = 2) -> bytes:
    data = io.BytesIO()
    with wave.open(data, "wb") as writer:
        writer.setnchannels(channels)
        writer.setsampwidth(width)
        writer.setframerate(rate_hz)
        writer.writeframes(b"\1\2" * 8)
    return data.getvalue()


def test_a_header_describes_the_samples() -> None:
    """The offset is that of the first sample."""
    header = read_wav_header(file(16_000, 2))

    assert header == WavHeader(AudioFormat("linear16", 16_000, 2), 44)


def test_other_chunks_are_skipped() -> None:
    """A chunk of odd length is padded."""
    data = file(8000, 1)
    listed = data[:12] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + data[12:]

    assert read_wav_header(listed) == WavHeader(AudioFormat("linear16", 8000), 56)


def test_what_cannot_be_used_is_left_to_ffmpeg() -> None:
    """Incomplete headers and other codecs."""
    assert read_wav_header(file(8000, 1)[:30]) is None
    assert read_wav_header(file(8000, 1, width=3)) is None
    assert read_wav_header(b"OggS") is None


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_error(tail: bytes) -> None:
    """The parser never fails."""
    read_wav_header(b"RIFF\0\0\0\0WAVE" + tail)
