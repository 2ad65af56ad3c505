"""Is there a voice? With a scripted model, and with the real one on the callers' recordings."""

from collections.abc import Iterable
from typing import Any

import pytest

from parley.audio.g711 import SILENCE
from sandbox.caller.noises import noise
from sandbox.caller.script import NoiseKind
from sandbox.caller.voice_bank import load_bank
from services.stt.silero import SileroVad
from services.stt.voice_activity import (
    CHUNK_MS,
    SpeechChange,
    SpeechStarted,
    SpeechStopped,
    VoiceActivity,
)

LOUD = b"\x10" * CHUNK_MS * 8


class Scripted:
    """A model that says what it was told to."""

    def __init__(self, answers: Iterable[float]) -> None:
        self._answers = iter(answers)

    def __call__(self, chunk: bytes) -> float:  # noqa: ARG002 - it does not listen
        """The next answer."""
        return next(self._answers, 0.0)


def hear(*answers: float) -> list[SpeechChange]:
    voice = VoiceActivity(Scripted(answers))
    changes: list[SpeechChange] = []
    for number in range(len(answers)):
        changes += voice.push_audio(LOUD, number * CHUNK_MS)
    return changes


def test_a_sure_chunk_is_a_voice_and_a_likely_one_needs_another() -> None:
    """The start is that of the first."""
    assert hear(0.9) == [SpeechStarted(0)]
    assert hear(0.0, 0.6) == []
    assert hear(0.0, 0.6, 0.6) == [SpeechStarted(32)]


def test_a_short_stop_within_a_word_is_no_pause() -> None:
    """Four silent chunks are one; its time is the end of the voice."""
    assert hear(0.9, 0.1, 0.1, 0.1, 0.9) == [SpeechStarted(0)]
    assert hear(0.9, 0.9, 0.1, 0.1, 0.1, 0.1) == [SpeechStarted(0), SpeechStopped(64)]


def nobody(text: str) -> Any:
    raise AssertionError(text)


BANK = load_bank(nobody)


@pytest.mark.parametrize(
    "text", ["hello", "tuesday afternoon would be good", "my name is robert miller", "yes", "stop"]
)
def test_a_callers_voice_is_found_to_a_tenth_of_a_second(text: str) -> None:
    """Its first sound and its last."""
    spoken = BANK.utterance(text)
    sound = SILENCE * 8000 + spoken.mulaw + SILENCE * 8000
    voice = VoiceActivity(SileroVad())
    changes: list[SpeechChange] = []
    for at in range(0, len(sound), 160):
        changes += voice.push_audio(sound[at : at + 160], at // 8)

    started, stopped = changes[0], changes[-1]
    assert abs(started.at_ms - 1000 - spoken.audible_start_ms) <= 100
    assert abs(stopped.at_ms - 1000 - spoken.audible_end_ms) <= 100


def test_silence_and_hiss_are_no_voice() -> None:
    """Nor is a line's noise."""
    voice = VoiceActivity(SileroVad())
    hiss = noise(NoiseKind.STATIC, 3000).mulaw

    assert voice.push_audio(SILENCE * 8000, 0) == []
    assert voice.push_audio(hiss, 1000) == []


def test_a_voice_that_is_given_up_does_not_begin_again_by_its_own_echo() -> None:
    """The model hears it for a while yet; a voice as loud as before is a new one."""
    faint = bytes([0x60]) * CHUNK_MS * 8
    voice = VoiceActivity(Scripted([0.9] * 9))
    voice.push_audio(LOUD * 2, 0)
    assert not voice.paused
    voice.push_audio(faint * 2, 64)
    assert voice.paused

    assert voice.force_stop() == [SpeechStopped(64)]
    assert voice.force_stop() == []
    assert voice.push_audio(faint * 3, 128) == []
    assert voice.push_audio(LOUD, 224) == [SpeechStarted(224)]
