"""Speech while no session listens."""

import pytest

from parley.audio.g711 import DECODE, make_silence
from services.brain.realtime.speech_level import SpeechChange, SpeechLevel


def _noise(amplitude: int, ms: int) -> bytes:
    """A square wave of 200 Hz."""
    high = min(range(256), key=lambda code: abs(DECODE[code] - amplitude))
    low = min(range(256), key=lambda code: abs(DECODE[code] + amplitude))
    return (bytes([high] * 20) + bytes([low] * 20)) * (ms // 5)


def test_speech_starts_and_stops() -> None:
    """Their times are those of the audio, not those of the detection."""
    level = SpeechLevel()
    assert level.push(make_silence(400), 1000) is None
    assert level.push(_noise(3000, 2000), 1400) is SpeechChange.STARTED
    assert level.changed_ms == 1400
    assert level.push(_noise(3000, 4000), 3400) is None
    assert level.push(make_silence(200), 7400) is None
    assert level.push(make_silence(200), 7600) is SpeechChange.STOPPED
    assert (level.changed_ms, level.speaking) == (7400, False)


@pytest.mark.parametrize("audio", [_noise(100, 2000), _noise(3000, 60) + make_silence(400)])
def test_noise_is_no_speech(audio: bytes) -> None:
    """Neither a quiet line nor a click."""
    assert SpeechLevel().push(audio, 0) is None


def test_loud_noise_becomes_part_of_the_line() -> None:
    """Speech is louder."""
    level = SpeechLevel()
    assert level.push(_noise(500, 1000), 0) is SpeechChange.STARTED
    assert level.push(_noise(500, 15_000), 1000) is SpeechChange.STOPPED
    assert level.push(_noise(500, 2000), 16_000) is None
    assert level.push(_noise(6000, 200), 18_000) is SpeechChange.STARTED
