"""Divides speech into Cartesia's events. No I/O, no clock."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from parley.audio.g711 import SAMPLE_RATE_HZ, bytes_to_ms, ms_to_bytes
from sandbox.cartesia.generation_request import OutputFormat
from sandbox.pcm import from_mulaw, resample, to_alaw, to_mulaw
from sandbox.speech import Speech, Word


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the audio, and the words that begin in it."""

    audio: bytes
    duration_ms: float
    words: tuple[Word, ...]
    """Their times count from the start of the speech."""

    def event(self) -> dict[str, Any]:
        """The `chunk` event without its context."""
        data = base64.b64encode(self.audio).decode()
        return {"type": "chunk", "data": data, "done": False, "status_code": 206, "step_time": 12.5}


def divide(speech: Speech, output_format: OutputFormat, chunk_ms: float) -> list[Chunk]:
    """Divide speech into chunks in the requested format."""
    audio = encode(speech.mulaw, output_format)
    length, size = len(speech.mulaw), ms_to_bytes(chunk_ms)
    bounds = [*range(0, length, size), length]
    sample_bytes = _SAMPLE_BYTES[output_format.encoding]
    scale = output_format.sample_rate / SAMPLE_RATE_HZ
    at = [round(bound * scale) * sample_bytes for bound in bounds[:-1]] + [len(audio)]
    found = []
    for (begin, end), (first, last) in zip(pairwise(bounds), pairwise(at), strict=True):
        start_ms, end_ms = bytes_to_ms(begin), bytes_to_ms(end)
        words = tuple(w for w in speech.words if start_ms <= w.start_ms < end_ms)
        found.append(Chunk(audio[first:last], end_ms - start_ms, words))
    return found


_SAMPLE_BYTES = {"pcm_f32le": 4, "pcm_s16le": 2, "pcm_mulaw": 1, "pcm_alaw": 1}


def encode(mulaw: bytes, output_format: OutputFormat) -> bytes:
    """Convert telephone audio to a raw format."""
    if output_format.encoding == "pcm_mulaw" and output_format.sample_rate == SAMPLE_RATE_HZ:
        return mulaw
    samples = resample(from_mulaw(mulaw), SAMPLE_RATE_HZ, output_format.sample_rate)
    match output_format.encoding:
        case "pcm_f32le":
            return (samples.astype(np.float32) / 32768).tobytes()
        case "pcm_mulaw":
            return to_mulaw(samples)
        case "pcm_alaw":
            return to_alaw(samples)
        case _:
            return samples.tobytes()


def timestamps_event(words: Sequence[Word], origin_ms: float) -> dict[str, Any]:
    """The `timestamps` event of some words, without its context."""
    return {
        "type": "timestamps",
        "done": False,
        "status_code": 206,
        "word_timestamps": {
            "words": [word.text for word in words],
            "start": [(origin_ms + word.start_ms) / 1000 for word in words],
            "end": [(origin_ms + word.end_ms) / 1000 for word in words],
        },
    }
