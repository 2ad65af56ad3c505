"""WAV files from mu-law. No clock."""

import io
import wave

import numpy as np

from parley.mulaw import DECODE, SAMPLE_RATE_HZ, SILENCE
from parley.mulaw import ENCODE as _ENCODE

_LINEAR = np.array(DECODE, dtype="<i2")
_MULAW = np.frombuffer(_ENCODE, dtype=np.uint8)


def wav_of(*channels: bytes) -> bytes:
    """16-bit PCM at 8 kHz, a channel for each mu-law sound; shorter ones are filled with silence."""
    longest = max(len(channel) for channel in channels)
    rows = [_LINEAR[np.frombuffer(c.ljust(longest, SILENCE), dtype=np.uint8)] for c in channels]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.stack(rows, axis=1).tobytes())
    return out.getvalue()


def mixed(first: bytes, second: bytes) -> bytes:
    """Two mu-law sounds heard at once."""
    longest = max(len(first), len(second))
    a, b = (
        _LINEAR[np.frombuffer(sound.ljust(longest, SILENCE), dtype=np.uint8)].astype(np.int32)
        for sound in (first, second)
    )
    total = np.clip(a + b, -32768, 32767).astype(np.int16)
    return bytes(_MULAW[total.view(np.uint16)])


def mulaw_of(data: bytes) -> bytes:
    """Mu-law at 8 kHz from a 16-bit PCM WAV of any rate; other kinds raise ValueError."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            if file.getsampwidth() != 2:
                raise ValueError("only 16-bit PCM can be played")
            samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
            samples, rate = samples[:: file.getnchannels()], file.getframerate()
    except (wave.Error, EOFError) as error:
        raise ValueError(f"not a WAV: {error}") from error
    at = np.arange(0, len(samples), rate / SAMPLE_RATE_HZ)
    resampled = np.interp(at, np.arange(len(samples)), samples).astype(np.int16)
    return bytes(_MULAW[resampled.view(np.uint16)])
