"""Recogniser with perfect results: ground-truth transcripts, looked up by the bytes of the audio. No I/O.

Callers register their utterances before they speak. An utterance that arrives unchanged is found even if
frames were lost; any other audio yields no words.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from parley.audio.g711 import FRAME_BYTES, FRAME_MS
from sandbox.caller.loudness import is_audible
from sandbox.recognition.recogniser import Word

_BYTES_PER_MS = 8
_ONE_ZERO = bytes(0xFF if code == 0x7F else code for code in range(256))
"""Mu-law has two codes for zero; audio that was converted to linear samples and back has one."""
_MAX_UTTERANCES = 5000
_MAX_PLACES_PER_FRAME = 50
"""A frame that occurs in more places than this identifies nothing."""
_MIN_SYNTHETIC_MS = 60
_MIN_FOUND_SHARE = 0.5
"""Share of a word's speech frames that must be found."""


@dataclass(frozen=True, slots=True)
class _Utterance:
    words: tuple[Word, ...]
    speech_ms: frozenset[int]
    """Offsets of its speech frames; only those can be found."""
    recorded: bool = False
    """Whether it is a recording of a person, as the step `play` has it."""


class Oracle:
    """A Recogniser that returns the registered ground-truth transcripts."""

    def __init__(self) -> None:
        self._utterances: list[_Utterance] = []
        self._places: dict[bytes, list[tuple[int, int]]] = {}
        """By speech frame: index of each utterance that contains it, and the frame's offset in ms."""
        self._registered: set[tuple[str, int]] = set()

    @property
    def busy(self) -> bool:
        """Always False, because a lookup does not queue."""
        return False

    @property
    def registered(self) -> int:
        """Number of registered utterances."""
        return len(self._utterances)

    def is_synthetic(self, mulaw: bytes) -> bool:
        """Whether the audio contains an utterance that is no recording of a person."""
        frames: Counter[int] = Counter()
        for (index, _), offsets in self._matches(mulaw).items():
            frames[index] += len(offsets)
        found = frames.most_common(1)
        if not found or found[0][1] * FRAME_MS < _MIN_SYNTHETIC_MS:
            return False
        return not self._utterances[found[0][0]].recorded

    def register(self, utterances: list[Mapping[str, Any]]) -> int:
        """Register utterances: {"text", "mulaw" (base64), "words": [{"text", "start_ms", "end_ms"}]}.

        Returns:
            How many are registered in all; one that is registered already counts once.

        Raises:
            ValueError: one of them is malformed, or there are too many.
        """
        for utterance in utterances:
            try:
                mulaw = base64.b64decode(utterance["mulaw"], validate=True).translate(_ONE_ZERO)
                words = tuple(
                    Word(
                        str(w["text"]),
                        float(w["start_ms"]),
                        float(w["end_ms"]),
                        0.99,
                        str(w.get("language", "en")),
                    )
                    for w in utterance["words"]
                )
                text = str(utterance["text"])
            except (KeyError, TypeError, binascii.Error) as error:
                raise ValueError(f"malformed utterance: {error!r}") from None
            self._add(text, mulaw, words, recorded=utterance.get("recorded") is True)
        return len(self._utterances)

    def _add(self, text: str, mulaw: bytes, words: tuple[Word, ...], *, recorded: bool) -> None:
        if (text, len(mulaw)) in self._registered:
            return
        if len(self._utterances) >= _MAX_UTTERANCES:
            raise ValueError(f"more than {_MAX_UTTERANCES} utterances")
        self._registered.add((text, len(mulaw)))
        index = len(self._utterances)
        speech_ms: set[int] = set()
        for at in range(0, len(mulaw) - FRAME_BYTES + 1, FRAME_BYTES):
            frame = mulaw[at : at + FRAME_BYTES]
            if is_audible(frame):
                speech_ms.add(at // _BYTES_PER_MS)
                places = self._places.setdefault(frame, [])
                if len(places) < _MAX_PLACES_PER_FRAME:
                    places.append((index, at // _BYTES_PER_MS))
        self._utterances.append(_Utterance(words, frozenset(speech_ms), recorded))

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Return the words of which at least half was found.

        If two words overlap in time, the word with more matching frames in its utterance is returned.
        """
        words: list[Word] = []
        matches = self._matches(mulaw)
        for (index, shift_ms), offsets in sorted(matches.items(), key=lambda item: -len(item[1])):
            utterance = self._utterances[index]
            for word in utterance.words:
                placed = replace(word, start_ms=word.start_ms + shift_ms, end_ms=word.end_ms + shift_ms)
                found = _found_share(word, offsets, utterance.speech_ms) >= _MIN_FOUND_SHARE
                if found and not any(_overlap(placed, other) for other in words):
                    words.append(placed)
        return tuple(sorted(words, key=lambda word: word.start_ms))

    def _matches(self, mulaw: bytes) -> dict[tuple[int, int], set[int]]:
        """Offsets of the frames found, by utterance index and the utterance's position in the audio in ms."""
        matches: dict[tuple[int, int], set[int]] = {}
        mulaw, at = mulaw.translate(_ONE_ZERO), 0
        while at + FRAME_BYTES <= len(mulaw):
            places = self._places.get(mulaw[at : at + FRAME_BYTES])
            if places is None:
                # Audio may be cut at any whole millisecond.
                at += _BYTES_PER_MS
                continue
            for index, offset_ms in places:
                matches.setdefault((index, at // _BYTES_PER_MS - offset_ms), set()).add(offset_ms)
            at += FRAME_BYTES
        return matches


def _overlap(one: Word, other: Word) -> bool:
    shared_ms = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
    return shared_ms > FRAME_MS


def _found_share(word: Word, found_ms: set[int], speech_ms: frozenset[int]) -> float:
    inside = [ms for ms in speech_ms if word.start_ms - FRAME_MS < ms < word.end_ms]
    return sum(ms in found_ms for ms in inside) / max(len(inside), 1)
