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


def make_utterance(text: str, mulaw: bytes, words: tuple[SpokenWord, ...] = ()) -> Utterance:
    """Build an utterance; its voiced part is found by energy."""
    start, end = voiced_bounds(mulaw)
    return Utterance(text, mulaw, words, ms_of(start), ms_of(end))


def oracle_registration(utterances: Iterable[Utterance | None]) -> dict[str, Any]:
    """What the recogniser's oracle is told (`POST /sandbox/utterances`); each utterance once, no noises."""
    spoken = dict.fromkeys(sound for sound in utterances if sound is not None and sound.words)
    return {"utterances": [_to_json(sound) for sound in spoken]}


def _to_json(utterance: Utterance) -> dict[str, Any]:
    words = [
        {"text": word.text, "start_ms": word.start_ms, "end_ms": word.end_ms} for word in utterance.words
    ]
    return {"text": utterance.text, "mulaw": base64.b64encode(utterance.mulaw).decode(), "words": words}
