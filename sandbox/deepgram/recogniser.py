"""What both ways of recognising give."""

from dataclasses import dataclass
from typing import Protocol


class RecogniserFailed(Exception):
    """The stand-in cannot recognise: its processes die or do not answer."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word within the sound that was given."""

    text: str
    start_ms: float
    end_ms: float
    confidence: float = 0.9


class Recogniser(Protocol):
    """Sound to words."""

    @property
    def busy(self) -> bool:
        """No guess should be asked for now: there is a queue."""

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Words of a stretch of 8 kHz mu-law.

        Raises:
            RecogniserFailed: not today.
        """
