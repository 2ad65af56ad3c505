"""A stretch of sound a person makes, with its words and where the sound in it lies. No I/O, no clock."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

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


def registration(sounds: Iterable[Utterance | None]) -> dict[str, Any]:
    """What the recogniser's oracle is told (`POST /sandbox/utterances`); each utterance once, no noises."""
    spoken = dict.fromkeys(sound for sound in sounds if sound is not None and sound.words)
    return {"utterances": [_told(sound) for sound in spoken]}


def _told(sound: Utterance) -> dict[str, Any]:
    words = [{"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms} for word in sound.words]
    return {"text": sound.text, "mulaw": base64.b64encode(sound.mulaw).decode(), "words": words}
