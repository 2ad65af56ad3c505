"""Speech as audio with the times of its words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times within the audio."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Speech:
    """The audio of a text."""

    mulaw: bytes
    words: tuple[Word, ...]
