"""Tests for the caller's current speech and key presses."""

from parley.v1.speech_pb2 import SpeechStarted, SpeechStopped, TranscriptUpdated
from services.brain.policies.floor_state import (
    FALSE_BARGE_IN_TIMEOUT_MS,
    NOISE_TIMEOUT_MS,
    FloorState,
    evolve,
)
from tests.event_factories import event


def test_words_follow_speech_or_it_is_noise() -> None:
    """The caller probably speaks until then."""
    speaking = evolve(FloorState(), event(SpeechStarted()), now_ms=1000)
    assert speaking.speech_until_ms() == 1000 + NOISE_TIMEOUT_MS

    words = evolve(speaking, event(TranscriptUpdated(turn=1, text="well")), now_ms=1500)
    assert words.speech_until_ms() == 1500 + NOISE_TIMEOUT_MS

    stopped = evolve(words, event(SpeechStopped(at_ms=1800)), now_ms=2000)
    assert stopped.speech_until_ms() == 1800 + FALSE_BARGE_IN_TIMEOUT_MS
