"""Speech detection, with scripted probabilities and with the real model on recordings."""

from collections.abc import Iterable

import pytest

from parley.audio.g711 import SILENCE
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind
from services.stt.silero import SileroVad
from services.stt.voice_activity import (
    CHUNK_MS,
    SpeechChange,
    SpeechStarted,
    SpeechStopped,
    VoiceActivity,
)
from tests.recordings import recordings

LOUD = b"\x10" * CHUNK_MS * 8


class Scripted:
    """A model that returns given probabilities."""

    def __init__(self, probabilities: Iterable[float]) -> None:
        self._probabilities = iter(probabilities)

    def __call__(self, chunk: bytes) -> float:  # noqa: ARG002 - the script decides
        """Return the next probability."""
        return next(self._probabilities, 0.0)


def detect(*probabilities: float) -> list[SpeechChange]:
    """The changes on loud audio with these probabilities."""
    vad = VoiceActivity(Scripted(probabilities))
    changes: list[SpeechChange] = []
    for number in range(len(probabilities)):
        changes += vad.push_audio(LOUD, number * CHUNK_MS)
    return changes


def test_one_sure_chunk_or_two_likely_chunks_start_speech() -> None:
    """Speech starts with the first of these chunks."""
    assert detect(0.9) == [SpeechStarted(0)]
    assert detect(0.0, 0.6) == []
    assert detect(0.0, 0.6, 0.6) == [SpeechStarted(32)]


def test_four_unlikely_chunks_stop_speech() -> None:
    """Three may be a stop consonant; speech ends before the first of the four."""
    assert detect(0.9, 0.1, 0.1, 0.1, 0.9) == [SpeechStarted(0)]
    assert detect(0.9, 0.9, 0.1, 0.1, 0.1, 0.1) == [SpeechStarted(0), SpeechStopped(64)]


@pytest.mark.parametrize(
    "text", ["hello", "tuesday afternoon would be good", "my name is robert miller", "yes", "stop"]
)
def test_speech_is_detected_to_100_ms(text: str) -> None:
    """Both its start and its end are accurate to 100 ms."""
    spoken = recordings().utterance(text)
    audio = SILENCE * 8000 + spoken.mulaw + SILENCE * 8000
    vad = VoiceActivity(SileroVad())
    changes: list[SpeechChange] = []
    for at in range(0, len(audio), 160):
        changes += vad.push_audio(audio[at : at + 160], at // 8)

    started, stopped = changes[0], changes[-1]
    assert abs(started.at_ms - 1000 - spoken.audible_start_ms) <= 100
    assert abs(stopped.at_ms - 1000 - spoken.audible_end_ms) <= 100


def test_silence_and_static_are_not_speech() -> None:
    """Static is common on telephone lines."""
    vad = VoiceActivity(SileroVad())
    hiss = noise(NoiseKind.STATIC, 3000).mulaw

    assert vad.push_audio(SILENCE * 8000, 0) == []
    assert vad.push_audio(hiss, 1000) == []


def test_the_fading_tail_of_stopped_speech_does_not_start_speech() -> None:
    """Audio that is as loud as before does."""
    faint = bytes([0x60]) * CHUNK_MS * 8
    vad = VoiceActivity(Scripted([0.9] * 9))
    vad.push_audio(LOUD * 2, 0)
    assert not vad.paused
    vad.push_audio(faint * 2, 64)
    assert vad.paused

    assert vad.force_stop() == [SpeechStopped(64)]
    assert vad.force_stop() == []
    assert vad.push_audio(faint * 3, 128) == []
    assert vad.push_audio(LOUD, 224) == [SpeechStarted(224)]
