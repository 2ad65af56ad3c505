"""Tests of recognition by Whisper, without its model."""

from dataclasses import dataclass

import pytest

from parley.audio.g711 import make_silence
from parley.whisper.model import Recognition, RecognizedWord
from parley.whisper.recognizer import RecognizerBusy
from sandbox.recognition.recogniser import RecognitionError, Word
from sandbox.recognition.whisper import WhisperRecogniser, open_whisper


@dataclass
class _Recognizer:
    found: Recognition
    idle: bool = True
    seconds: float = 0.0

    async def recognize(self, mulaw: bytes) -> Recognition:
        self.seconds = len(mulaw) / 8000
        if not self.idle:
            raise RecognizerBusy("8 pieces of audio are waiting")
        return self.found


def _recogniser(text: str, *, idle: bool = True) -> tuple[WhisperRecogniser, _Recognizer]:
    words = tuple(RecognizedWord(word, n * 400, n * 400 + 400, 0.9) for n, word in enumerate(text.split()))
    recognizer = _Recognizer(Recognition(text, words, -0.2, 0.01), idle)
    return WhisperRecogniser(recognizer), recognizer  # type: ignore[arg-type]


async def test_words_are_plain() -> None:
    """The emulators write capitals, punctuation and figures themselves."""
    recogniser, recognizer = _recogniser("Hello, Mr. O'Neil: 8-9 or 42?")
    words = await recogniser.recognise(make_silence(40_000))
    assert [word.text for word in words] == ["hello", "mr", "o'neil", "eight", "nine", "or", "42"]
    assert words[3:5] == (Word("eight", 1200, 1400), Word("nine", 1400, 1600))
    assert recognizer.seconds == 30
    assert not recogniser.busy


async def test_noise_has_no_words() -> None:
    """Whisper's annotations are not the caller's words."""
    recogniser, _ = _recogniser("[Music]")
    assert await recogniser.recognise(make_silence(1000)) == ()


async def test_failures_are_those_of_a_recogniser() -> None:
    """A busy model and a missing package."""
    recogniser, _ = _recogniser("hello", idle=False)
    assert recogniser.busy
    with pytest.raises(RecognitionError, match="8 pieces"):
        await recogniser.recognise(make_silence(1000))


async def test_a_missing_package_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the command that installs it."""
    monkeypatch.setattr("parley.whisper.weights.find_spec", lambda _name: None)
    with pytest.raises(RecognitionError, match="run `make setup`"):
        async with open_whisper(1):
            pass
