"""The interface of the two recognisers, pocketsphinx and the oracle."""

from dataclasses import dataclass
from typing import Protocol


class RecognitionError(Exception):
    """Recognition failed: the worker processes died or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word; its times count from the start of the audio that was passed in."""

    text: str
    start_ms: float
    end_ms: float
    confidence: float = 0.9
    language: str = "en"
    """Tag of the language in which it was spoken."""


class Recogniser(Protocol):
    """Turns audio into words."""

    @property
    def busy(self) -> bool:
        """True while requests queue up; interim results are then skipped."""

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Return the words of a segment of 8 kHz mu-law.

        Raises:
            RecognitionError: the worker processes died or did not answer in time.
        """
