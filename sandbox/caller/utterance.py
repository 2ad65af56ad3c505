"""An utterance of a caller: its audio, its words, and its audible part. No I/O, no clock."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from parley.audio.g711 import bytes_to_ms
from sandbox.caller.loudness import audible_bounds
from sandbox.speech import Word

_LAST_LATIN = 0x24F
_PUNCTUATION = ".,!?;:"
"""A recogniser adds its own at the end of a turn."""


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
    language: str = ""
    """Tag of the language; empty for English."""
    recorded: bool = False
    """Whether it is a recording of a person."""


def make_utterance(text: str, mulaw: bytes, words: tuple[Word, ...] = (), language: str = "") -> Utterance:
    """Build an utterance; its audible part is found by energy."""
    start, end = audible_bounds(mulaw)
    return Utterance(text, mulaw, words, bytes_to_ms(start), bytes_to_ms(end), language)


def recorded_utterance(text: str, mulaw: bytes, word_ends_ms: tuple[float, ...] = ()) -> Utterance:
    """Build an utterance from a recording; without the ends of its words, they are spread by their length."""
    whole = make_utterance(text, mulaw)
    spoken = text.split()
    start_ms, end_ms = whole.audible_start_ms, whole.audible_end_ms
    if not word_ends_ms and spoken:
        shares = accumulate((len(word) + 1 for word in spoken), initial=0)
        _, *parts = (start_ms + (end_ms - start_ms) * share for share in _fractions(shares))
        word_ends_ms = tuple(parts)
    starts = (start_ms, *word_ends_ms)
    words = tuple(
        Word(word.rstrip(_PUNCTUATION) or word, start, end)
        for word, start, end in zip(spoken, starts, word_ends_ms, strict=False)
    )
    return replace(whole, words=words, recorded=True)


def _fractions(totals: Iterable[int]) -> list[float]:
    found = list(totals)
    return [total / (found[-1] or 1) for total in found]


def oracle_registration(utterances: Iterable[Utterance | None]) -> dict[str, Any]:
    """The body of `POST /sandbox/utterances` for the recogniser's oracle: each utterance once, no noises."""
    spoken = dict.fromkeys(utterance for utterance in utterances if utterance is not None and utterance.words)
    return {"utterances": [_to_json(utterance) for utterance in spoken]}


def _to_json(utterance: Utterance) -> dict[str, Any]:
    return {
        "text": utterance.text,
        "recorded": utterance.recorded,
        "mulaw": base64.b64encode(utterance.mulaw).decode(),
        "words": [
            {
                "text": w.text,
                "start_ms": w.start_ms,
                "end_ms": w.end_ms,
                "language": _language_of(w.text, utterance),
            }
            for w in utterance.words
        ],
    }


def _language_of(word: str, utterance: Utterance) -> str:
    """The language of one word: a word in Latin letters among those of another script is English."""
    english = not utterance.language or (word.isascii() and _is_other_script(utterance))
    return "en" if english else utterance.language


def _is_other_script(utterance: Utterance) -> bool:
    return any(ord(character) > _LAST_LATIN for character in utterance.text)
