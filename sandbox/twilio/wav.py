"""Converts between mu-law and WAV. No clock."""

import io
import wave

import numpy as np

from parley.audio.g711 import SAMPLE_RATE_HZ, SILENCE
from sandbox.pcm import from_mulaw, to_mulaw


def to_wav(*channels: bytes) -> bytes:
    """16-bit PCM at 8 kHz with one channel per mu-law input; shorter ones are padded with silence."""
    length = max(len(channel) for channel in channels)
    rows = [from_mulaw(c.ljust(length, SILENCE)) for c in channels]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.stack(rows, axis=1).astype("<i2").tobytes())
    return out.getvalue()


def mix(first: bytes, second: bytes) -> bytes:
    """Mix two mu-law channels into one."""
    length = max(len(first), len(second))
    a, b = (from_mulaw(channel.ljust(length, SILENCE)).astype(np.int32) for channel in (first, second))
    total = np.clip(a + b, -32768, 32767).astype(np.int16)
    return to_mulaw(total)


def from_wav(data: bytes) -> bytes:
    """Mu-law at 8 kHz from a 16-bit PCM WAV of any rate; raises ValueError for other formats."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:
                raise ValueError("only 16-bit PCM is supported")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            samples, rate = samples[:: file.getnchannels()], file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV: {error}") from error
    at = np.arange(0, len(samples), rate / SAMPLE_RATE_HZ)
    resampled = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return to_mulaw(resampled)
