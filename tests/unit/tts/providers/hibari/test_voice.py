"""Tests of synthesis with an engine that needs no weights."""

import numpy as np
import pytest

from parley.errors import ProviderRejected
from services.tts.providers.hibari.voice import HibariVoice

_RATE_HZ = 24_000


class _Engine:
    """One phoneme string per sentence; each is 0.3 s of silence, 1 s of a tone and 0.6 s of silence."""

    def __init__(self) -> None:
        self.speeds: list[float] = []

    def phonemize(self, text: str) -> list[str]:
        return [f"{part}." for part in text.split(".") if any(c.isalnum() for c in part)]

    def from_phonemes(self, phonemes: str, speed: float, _seed: int) -> np.ndarray:
        self.speeds.append(speed)
        if "silent" in phonemes:
            return np.zeros(_RATE_HZ, np.float32)
        tone = 1.2 * np.sin(np.arange(_RATE_HZ) * 0.1)
        parts = (np.zeros(_RATE_HZ * 3 // 10), tone, np.zeros(_RATE_HZ * 6 // 10))
        return np.concatenate(parts).astype(np.float32)


def _speak(text: str, speed: float = 1.0) -> list[bytes]:
    return list(HibariVoice(_Engine()).sentences(text, speed))  # type: ignore[arg-type]


def test_each_sentence_is_audio_of_its_own() -> None:
    """The first one is not delayed by the others, nor by the silence that the model puts before it."""
    first, second = _speak("One. Two.")
    samples = np.frombuffer(first, dtype="<i2")
    assert len(first) == len(second)
    assert abs(len(samples) / _RATE_HZ - 1.3) < 0.02
    assert np.flatnonzero(np.abs(samples) > 500)[0] < 0.03 * _RATE_HZ
    assert samples.max() == 32767


def test_the_speed_is_passed_on() -> None:
    """As in the agent file."""
    engine = _Engine()
    list(HibariVoice(engine).sentences("One. Two.", 0.8))  # type: ignore[arg-type]
    assert engine.speeds == [0.8, 0.8]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Привет", "Latin letters only, and the text is Cyrillic"),
        ("Hello 你好", "the text is Cjk"),
        ("नमस्ते", "the text is Devanagari"),
        ("...", "nothing that the voice can pronounce"),
        ("silent.", "nothing that the voice can pronounce"),
    ],
)
def test_text_that_it_cannot_pronounce_is_rejected(text: str, reason: str) -> None:
    """The next provider speaks it; the message does not contain it."""
    with pytest.raises(ProviderRejected, match=reason) as error:
        _speak(text)
    assert text not in str(error.value)


def test_foreign_latin_letters_are_spoken() -> None:
    """Names of people and places."""
    assert _speak("Señor Müller, Łódź, Ærø, it\u2019s \u201cfine\u201d \u2013 ok\u2026")
