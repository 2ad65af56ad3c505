"""A stretch of sound a person makes, with its words and where the sound in it lies. No I/O, no clock."""

from dataclasses import dataclass

from parley.mulaw import ms_of
from sandbox.caller.loudness import voiced_bounds


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and its place in the utterance."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """Mu-law sound, sent unchanged."""

    text: str
    mulaw: bytes
    words: tuple[SpokenWord, ...]
    voiced_start_ms: float
    """Start of the first voiced frame."""
    voiced_end_ms: float
    """End of the last voiced frame."""


def utterance_of(text: str, mulaw: bytes, words: tuple[SpokenWord, ...] = ()) -> Utterance:
    """Build an utterance; its voiced part is found by energy."""
    start, end = voiced_bounds(mulaw)
    return Utterance(text, mulaw, words, ms_of(start), ms_of(end))
