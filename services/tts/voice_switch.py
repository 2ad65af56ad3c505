"""Continues a clause in another voice at the first word that was not published. No I/O, no clock.

A second attempt synthesizes a clause again, and what the caller has received of it is skipped: as many
samples as were published. Another voice speaks at another pace, so these samples end at another word. The
audio of the new voice is therefore shortened or lengthened at its beginning, in the part that is skipped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.alignment import alnum_count

_WORD = re.compile(r"\S+")
_MAX_BUFFERED_MS = 3000.0
"""Audio without timings that is buffered beyond the skipped part; then both paces are taken to be equal."""
_ROUNDING_MS = 40.0


@dataclass(frozen=True, slots=True)
class Interruption:
    """The place at which the audio of a clause stopped."""

    published: int
    """Samples of the clause that were published."""
    letters: int = 0
    """Letters and digits of the complete words among these."""
    of_letters: int = 0
    """All letters and digits of the clause, as the first voice was sent it."""
    resume: int | None = None
    """In place of the letters, if they are unknown: the sample of a voice's own audio that follows."""


def interruption(text: str, timings: Sequence[CharTiming], start: int, published: int) -> Interruption | None:
    """Find the last word of a clause that was published completely; None without timings, or without audio.

    `timings` are relative to the reply, and the clause begins at sample `start` of it.
    """
    if published <= start or not any(alnum_count(timing.text) for timing in timings):
        return None
    end_ms = published / BYTES_PER_MS + _ROUNDING_MS
    spoken = sum(alnum_count(timing.text) for timing in timings if timing.end_ms <= end_ms)
    return Interruption(published - start, _whole_words(text, spoken), alnum_count(text))


def _whole_words(text: str, letters: int) -> int:
    """Number of letters of the words that are complete within the first letters of a text."""
    complete = count = 0
    for word in _WORD.findall(text):
        count += alnum_count(word)
        if count > letters:
            break
        complete = count
    return complete


class VoiceSwitch:
    """The audio of the new voice, until the place where it continues has been found."""

    def __init__(self, place: Interruption) -> None:
        self._place = place
        self._buffered: list[AudioChunk] = []
        self._timings: list[CharTiming] = []
        self._samples = 0
        self._done = False
        self.offset: int | None = None
        """Samples by which the audio was moved; None while it is buffered."""

    @property
    def holds_audio(self) -> bool:
        """Whether audio has arrived that cannot be published yet."""
        return bool(self._buffered)

    def add(self, chunk: AudioChunk, text: str) -> list[AudioChunk]:
        """Add a chunk of the clause `text`, as the new voice is sent it; returns those that are ready."""
        if self._done:
            return [chunk]
        begin_ms = self._samples / BYTES_PER_MS
        self._timings += (_moved(timing, begin_ms) for timing in chunk.char_timings)
        self._samples += len(chunk.audio)
        self._buffered.append(chunk)
        if (resume := self._place.resume) is not None:
            return self._release(resume) if self._samples >= resume - self._place.published else []
        letters = self._letters_in(text)
        found = self._time_of(letters)
        if found is None and chunk.ends_clause:
            share = letters / max(1, alnum_count(text))
            found = share * self._samples / BYTES_PER_MS
        if found is None and self._samples > self._place.published + _MAX_BUFFERED_MS * BYTES_PER_MS:
            found = self._place.published / BYTES_PER_MS
        return [] if found is None else self._release(round(found * BYTES_PER_MS))

    def flush(self) -> list[AudioChunk]:
        """Return the buffered audio, at the end of the stream."""
        place = self._place
        return [] if self._done else self._release(place.published if place.resume is None else place.resume)

    def _letters_in(self, text: str) -> int:
        """The letters to skip; numbers may be sent as digits to one voice and as words to another."""
        total = alnum_count(text)
        if total == self._place.of_letters:
            return self._place.letters
        return _whole_words(text, round(self._place.letters * total / max(1, self._place.of_letters)))

    def _time_of(self, letters: int) -> float | None:
        """The time at which this number of letters ends, once the next letter has arrived."""
        if not letters:
            return 0.0
        count, end_ms = 0, 0.0
        for timing in self._timings:
            if not alnum_count(timing.text):
                continue
            if count >= letters:
                return min(end_ms, timing.start_ms)
            count += alnum_count(timing.text)
            end_ms = timing.end_ms
        return None

    def _release(self, resume: int) -> list[AudioChunk]:
        """Return the buffered chunks, moved so that sample `resume` follows the published part."""
        self._done = True
        self.offset = self._place.published - resume
        chunks, self._buffered = self._buffered, []
        surplus = resume - self._place.published
        if surplus <= 0:
            padding = [AudioChunk(SILENCE * -surplus)] if surplus else []
            return [*padding, *chunks]
        released = []
        for chunk in chunks:
            cut = min(surplus, len(chunk.audio))
            surplus -= cut
            timings = tuple(_moved(timing, -cut / BYTES_PER_MS) for timing in chunk.char_timings)
            released.append(replace(chunk, audio=chunk.audio[cut:], char_timings=timings))
        return released


def _moved(timing: CharTiming, by_ms: float) -> CharTiming:
    return CharTiming(timing.text, max(0.0, timing.start_ms + by_ms), max(0.0, timing.end_ms + by_ms))
