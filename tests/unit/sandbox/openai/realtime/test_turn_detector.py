"""When speech starts, and when a turn may end."""

from typing import Any

import pytest

from parley.audio.g711 import make_silence
from sandbox import tone
from sandbox.openai.realtime.turn_detector import Pause, SpeechStarted, TurnDetector

VAD = {"type": "server_vad", "silence_duration_ms": 200}
SPEECH = tone.encode("hello").mulaw
"""200 ms."""


def detected(audio: bytes, config: dict[str, Any] | None = None) -> list[SpeechStarted | Pause]:
    return list(TurnDetector().push(audio, config or VAD))


def test_speech_starts_and_stops() -> None:
    """In the time of the audio."""
    found = detected(make_silence(100) + SPEECH + make_silence(400))

    assert found == [SpeechStarted(100), Pause(500, final=True)]


def test_a_click_is_not_speech() -> None:
    """It is shorter than three frames."""
    assert detected(make_silence(100) + SPEECH[:320] + make_silence(400)) == []


def test_nothing_is_detected_without_a_configuration() -> None:
    """The time continues."""
    detector = TurnDetector()

    assert list(detector.push(SPEECH, None)) == []
    assert detector.audio_ms == 200


@pytest.mark.parametrize(("eagerness", "pause_ms", "max_ms"), [("high", 300, 2000), ("low", 800, 8000)])
def test_semantic_detection_waits_by_its_eagerness(eagerness: str, pause_ms: int, max_ms: int) -> None:
    """A turn with incomplete words ends later, unless the caller continues."""
    config = {"type": "semantic_vad", "eagerness": eagerness}

    found = detected(SPEECH + make_silence(max_ms + 100), config)
    assert found[1:] == [Pause(200 + pause_ms, final=False), Pause(200 + max_ms, final=True)]
    again = detected(SPEECH + make_silence(pause_ms) + SPEECH + make_silence(pause_ms), config)
    assert [pause.final for pause in again if isinstance(pause, Pause)] == [False, False]


def test_a_reset_forgets_the_speech() -> None:
    """As after a commit of the client."""
    detector = TurnDetector()
    list(detector.push(SPEECH, VAD))
    detector.reset()

    assert list(detector.push(make_silence(400), VAD)) == []
