"""An utterance of a caller: its audio, its words, and its audible part. No I/O, no clock."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from parley.audio.g711 import bytes_to_ms
from sandbox.caller.loudness import audible_bounds
from sandbox.speech import Word


@dataclass(frozen=True, slots=True)
class Utterance:
    """Mu-law audio, sent unchanged."""

    text: str
    mulaw: bytes
    words: tuple[Word, ...]
    audible_start_ms: float
    """Start of the first audible frame."""
    audible_end_ms: float
    """End of the last audible frame."""


def make_utterance(text: str, mulaw: bytes, words: tuple[Word, ...] = ()) -> Utterance:
    """Build an utterance; its audible part is found by energy."""
    start, end = audible_bounds(mulaw)
    return Utterance(text, mulaw, words, bytes_to_ms(start), bytes_to_ms(end))


def oracle_registration(utterances: Iterable[Utterance | None]) -> dict[str, Any]:
    """The body of `POST /sandbox/utterances` for the recogniser's oracle: each utterance once, no noises."""
    spoken = dict.fromkeys(utterance for utterance in utterances if utterance is not None and utterance.words)
    return {"utterances": [_to_json(utterance) for utterance in spoken]}


def _to_json(utterance: Utterance) -> dict[str, Any]:
    return {
        "text": utterance.text,
        "mulaw": base64.b64encode(utterance.mulaw).decode(),
        "words": [{"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms} for w in utterance.words],
    }
