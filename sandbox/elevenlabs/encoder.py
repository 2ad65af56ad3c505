"""Encodes synthesised telephone audio in any of ElevenLabs' output formats. No clock."""

import io
import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np

from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.pcm import Samples, from_mulaw, resample, to_alaw

_MP3_FRAME_SAMPLES = 1152
_OPUS_FRAME_SAMPLES = 960
"""20 ms at 48 kHz."""


def encode(mulaw: bytes, bounds: Sequence[int], output_format: OutputFormat) -> list[bytes]:
    """Encode one generation, split at these byte offsets of the mu-law (the first is 0, the last its length).

    A codec with frames may move up to a frame's length of audio to a later piece; a piece may be empty.
    """
    if output_format.codec == "ulaw" or not mulaw:
        return [mulaw[begin:end] for begin, end in pairwise(bounds)]
    rate_hz = output_format.rate_hz
    samples = resample(from_mulaw(mulaw), SAMPLE_RATE_HZ, rate_hz)
    at = [min(round(bound * rate_hz / SAMPLE_RATE_HZ), samples.size) for bound in bounds[:-1]]
    pieces = [samples[begin:end] for begin, end in pairwise([*at, samples.size])]
    match output_format.codec:
        case "mp3":
            return _encode_mp3(pieces, output_format)
        case "opus":
            return _encode_opus(pieces, output_format)
        case "alaw":
            return [to_alaw(piece) for piece in pieces]
        case "wav":
            encoded = [piece.tobytes() for piece in pieces]
            return [_wav_header(samples.nbytes, rate_hz) + encoded[0], *encoded[1:]] if encoded else []
        case _:
            return [piece.tobytes() for piece in pieces]


def _wav_header(data_bytes: int, rate_hz: int) -> bytes:
    """Header of a RIFF file with 16-bit mono samples."""
    layout = struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data_bytes)
        + b"WAVEfmt "
        + layout
        + b"data"
        + struct.pack("<I", data_bytes)
    )


def _encode_mp3(pieces: Sequence[Samples], output_format: OutputFormat) -> list[bytes]:
    codec = av.AudioCodecContext.create("libmp3lame", "w")
    codec.sample_rate, codec.layout, codec.format = output_format.rate_hz, "mono", "s16p"
    codec.bit_rate = output_format.kbps * 1000
    codec.open()
    size = codec.frame_size or _MP3_FRAME_SAMPLES
    encoded = [
        b"".join(bytes(packet) for frame in frames for packet in codec.encode(frame))
        for frames in _frames(pieces, output_format.rate_hz, size, "s16p")
    ]
    encoded[-1] += b"".join(bytes(packet) for packet in codec.encode(None))
    return encoded


def _encode_opus(pieces: Sequence[Samples], output_format: OutputFormat) -> list[bytes]:
    """Encode as Ogg Opus, in pages of one packet, so that every piece can be played when it arrives."""
    file = io.BytesIO()
    options = {"page_duration": "20000", "flush_packets": "1"}
    ends: list[int] = []
    with av.open(file, "w", format="ogg", options=options) as container:
        stream = container.add_stream("libopus", rate=output_format.rate_hz, layout="mono")
        stream.bit_rate = output_format.kbps * 1000
        for frames in _frames(pieces, output_format.rate_hz, _OPUS_FRAME_SAMPLES, "s16"):
            for frame in frames:
                container.mux(stream.encode(frame))
            ends.append(file.tell())
        container.mux(stream.encode(None))
    ends[-1] = len(file.getvalue())
    return [file.getvalue()[begin:end] for begin, end in pairwise([0, *ends])]


def _frames(
    pieces: Sequence[Samples], rate_hz: int, size: int, sample_format: str
) -> Iterator[list[av.AudioFrame]]:
    """The frames that are complete with each piece; the last piece ends with a shorter frame."""
    pending, position = np.zeros(0, np.int16), 0
    for number, piece in enumerate(pieces):
        pending = np.concatenate((pending, piece))
        last = number == len(pieces) - 1
        usable = pending.size if last else pending.size - pending.size % size
        frames = []
        for at in range(0, usable, size):
            samples = pending[at : at + size]
            frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format=sample_format, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate_hz, position, Fraction(1, rate_hz)
            position += samples.size
            frames.append(frame)
        pending = pending[usable:]
        yield frames
