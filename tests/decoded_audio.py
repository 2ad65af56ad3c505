"""Decodes audio in ElevenLabs' output formats, as a client would."""

import io

import av
import numpy as np

from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.pcm import Samples, from_alaw, from_mulaw


def decoded(audio: bytes, output_format: OutputFormat) -> tuple[Samples, int]:
    """Samples and their rate in Hz."""
    match output_format.codec:
        case "pcm":
            return np.frombuffer(audio, dtype="<i2"), output_format.rate_hz
        case "ulaw":
            return from_mulaw(audio), output_format.rate_hz
        case "alaw":
            return from_alaw(audio), output_format.rate_hz
        case _:
            return _decoded_file(audio)


def duration_s(audio: bytes, output_format: OutputFormat) -> float:
    """Duration in seconds."""
    samples, rate_hz = decoded(audio, output_format)
    return len(samples) / rate_hz


def _decoded_file(audio: bytes) -> tuple[Samples, int]:
    to_linear = av.AudioResampler(format="s16", layout="mono")
    with av.open(io.BytesIO(audio)) as container:
        frames = [part for frame in container.decode(audio=0) for part in to_linear.resample(frame)]
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]), frames[0].sample_rate
