"""Knows what will be said: finds registered utterances in the sound, byte by byte. No I/O.

Sound that reaches it unchanged is found even with frames lost; anything else is not heard at all.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley.mulaw import FRAME_BYTES, FRAME_MS
from sandbox.caller.loudness import is_voiced
from sandbox.deepgram.recogniser import Word

_STEP = 8
"""Sound is cut at whole milliseconds at the least."""
_MOST_UTTERANCES = 5000


_MOST_PLACES = 50
"""A frame that sounds everywhere tells nothing."""


@dataclass(frozen=True, slots=True)
class _Known:
    words: tuple[Word, ...]
    voiced_ms: frozenset[int]
    """Offsets of its voiced frames: only those can be found."""


class Oracle:
    """A Recogniser."""

    def __init__(self) -> None:
        self._known: list[_Known] = []
        self._frames: dict[bytes, list[tuple[int, int]]] = {}
        """Each voiced frame, to the utterances' numbers and offsets in ms where it is found."""
        self._texts: set[tuple[str, int]] = set()

    @property
    def busy(self) -> bool:
        """Never."""
        return False

    def register(self, utterances: list[Mapping[str, Any]]) -> int:
        """Learn utterances: {"text", "mulaw" (base64), "words": [{"text", "start_ms", "end_ms"}]}.

        Raises:
            ValueError: one of them is malformed, or there are too many.
        """
        for utterance in utterances:
            try:
                mulaw = base64.b64decode(utterance["mulaw"], validate=True)
                words = tuple(
                    Word(str(w["text"]), float(w["start_ms"]), float(w["end_ms"]), 0.99)
                    for w in utterance["words"]
                )
                text = str(utterance["text"])
            except (KeyError, TypeError, binascii.Error) as error:
                raise ValueError(f"malformed utterance: {error!r}") from None
            self._learn(text, mulaw, words)
        return len(self._known)

    def _learn(self, text: str, mulaw: bytes, words: tuple[Word, ...]) -> None:
        if (text, len(mulaw)) in self._texts:
            return
        if len(self._known) >= _MOST_UTTERANCES:
            raise ValueError(f"more than {_MOST_UTTERANCES} utterances")
        self._texts.add((text, len(mulaw)))
        number = len(self._known)
        voiced_ms: set[int] = set()
        for at in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES):
            frame = mulaw[at : at + FRAME_BYTES]
            if is_voiced(frame):
                voiced_ms.add(at // 8)
                places = self._frames.setdefault(frame, [])
                if len(places) < _MOST_PLACES:
                    places.append((number, at // 8))
        self._known.append(_Known(words, frozenset(voiced_ms)))

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Words of which at least half was found; of two at one time the one whose utterance fits better."""
        heard: dict[tuple[int, int], set[int]] = {}
        at = 0
        while at + FRAME_BYTES <= len(mulaw):
            found = self._frames.get(mulaw[at : at + FRAME_BYTES])
            if found is None:
                at += _STEP
                continue
            for number, offset_ms in found:
                heard.setdefault((number, at // 8 - offset_ms), set()).add(offset_ms)
            at += FRAME_BYTES
        words: list[Word] = []
        for (number, shift_ms), offsets in sorted(heard.items(), key=lambda item: -len(item[1])):
            known = self._known[number]
            for word in known.words:
                said = Word(word.text, word.start_ms + shift_ms, word.end_ms + shift_ms, word.confidence)
                if _share(word, offsets, known.voiced_ms) >= 0.5 and not any(
                    _collide(said, other) for other in words
                ):
                    words.append(said)
        return tuple(sorted(words, key=lambda word: word.start_ms))


def _collide(one: Word, other: Word) -> bool:
    shared_ms = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    return shared_ms > FRAME_MS


def _share(word: Word, found_ms: set[int], voiced_ms: frozenset[int]) -> float:
    inside = [ms for ms in voiced_ms if word.start_ms - FRAME_MS < ms < word.end_ms]
    return sum(ms in found_ms for ms in inside) / max(len(inside), 1)
