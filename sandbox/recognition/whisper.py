"""Speech recognition of any person's voice by Whisper, in threads of the emulator's process."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from parley.audio.g711 import bytes_to_ms, ms_to_bytes
from parley.errors import ConfigError
from parley.whisper.model import MAX_AUDIO_MS, RecognizedWord
from parley.whisper.recognizer import Recognizer, RecognizerBusy, open_recognizer
from parley.whisper.weights import PACKAGED_MODEL, find_weights
from parley.whisper.wording import spoken
from sandbox.recognition.recogniser import RecognitionError, Word

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLAIN = re.compile(r"[^\w']+")


class WhisperRecogniser:
    """A Recogniser that runs Whisper."""

    def __init__(self, recognizer: Recognizer) -> None:
        self._recognizer = recognizer

    @property
    def busy(self) -> bool:
        """Whether the model has something to do; final results come first."""
        return not self._recognizer.idle

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a segment; words are plain, as the emulators format them themselves.

        Raises:
            RecognitionError: too many segments wait.
        """
        audio = mulaw[: ms_to_bytes(MAX_AUDIO_MS)]
        try:
            found = await self._recognizer.recognize(audio)
        except RecognizerBusy as error:
            raise RecognitionError(str(error)) from None
        words = spoken(found, int(bytes_to_ms(len(audio)))).words
        return tuple(part for word in words for part in _plain_words(word))


def _plain_words(word: RecognizedWord) -> Iterator[Word]:
    """The word in lower case without punctuation; "8-9" is two words, and a single digit is a word."""
    parts = [part for part in _PLAIN.sub(" ", word.text.lower()).split() if part.strip("'")]
    share_ms = (word.end_ms - word.start_ms) / max(1, len(parts))
    for number, part in enumerate(parts):
        text = _DIGITS[int(part)] if len(part) == 1 and part.isascii() and part.isdigit() else part
        start_ms = word.start_ms + number * share_ms
        yield Word(text, start_ms, start_ms + share_ms, word.confidence)


@asynccontextmanager
async def open_whisper(workers: int) -> AsyncIterator[WhisperRecogniser]:
    """Load the packaged model, for so many segments at a time.

    Raises:
        RecognitionError: a package is missing; the message has the command that installs it.
    """
    try:
        async with open_recognizer(find_weights(PACKAGED_MODEL), workers) as recognizer:
            yield WhisperRecogniser(recognizer)
    except ConfigError as error:
        raise RecognitionError(str(error)) from None
