"""Caller audio for the tests of the standby stream."""

import random

from parley.audio.g711 import BYTES_PER_MS
from parley.v1.audio_pb2 import CallerAudio
from services.edge.inbound.stream_clock import TimedFrame

SPEECH = random.Random(1).randbytes(4000 * BYTES_PER_MS)
"""Four seconds that begin at call time 0."""


def frames(from_ms: int, until_ms: int, *, late_ms: int = 0, speech: bytes = SPEECH) -> list[TimedFrame]:
    """A stream between two call times whose clock is `late_ms` behind."""
    return [
        TimedFrame(at_ms + late_ms, speech[at_ms * BYTES_PER_MS : (at_ms + 20) * BYTES_PER_MS])
        for at_ms in range(from_ms, until_ms, 20)
    ]


def published(from_ms: int, until_ms: int, speech: bytes = SPEECH) -> CallerAudio:
    """Audio that is on the bus."""
    return CallerAudio(at_ms=from_ms, mulaw=speech[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS])


def speech_with_repetitions() -> bytes:
    """The same syllable repeated between different ones."""
    syllable = SPEECH[: 60 * BYTES_PER_MS]
    return b"".join(syllable + SPEECH[at : at + 90 * BYTES_PER_MS] for at in range(4000, 30_000, 1300))
