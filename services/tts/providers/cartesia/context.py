"""One context at Cartesia: the clauses sent in it, and the audio and times received for them. No I/O.

Each clause is followed by a flush, so that its audio has a number and a certain end. A context expires 1 s
after its last audio; a reply that continues later gets a new one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from parley.audio.g711 import bytes_to_ms
from parley.providers.tts import AudioChunk, CharTiming
from services.tts.providers.cartesia.wire import Audio, FlushDone, Timestamps, Word

_EXPIRES_AFTER_S = 0.6
"""Pause after its last audio from which on no text is sent in a context: the provider's limit is 1 s."""
_TOLERANCE_MS = 200.0
"""Times may begin this much before the audio of their clause; earlier ones count from its start."""


@dataclass(slots=True)
class Context:
    """The state of one context."""

    context_id: str
    sent: int = 0
    """Number of clauses sent."""
    finished: bool = False
    """Whether the end of the input was sent."""
    ended: bool = False
    """Whether the provider has ended it."""
    _clause: int = 1
    """Number of the clause whose audio arrives, from 1 on."""
    _received_ms: float = 0.0
    _clause_start_ms: float = 0.0
    _last_audio_s: float = 0.0
    _times_of_clause: bool | None = None
    """Whether times count from the start of their clause, not of the context; None before a second one."""

    @property
    def complete(self) -> bool:
        """Whether all audio of the sent clauses has arrived."""
        return self._clause > self.sent

    def accepts_text(self, now_s: float) -> bool:
        """Whether another clause can be sent."""
        if self.ended or self.finished:
            return False
        return not self.complete or not self.sent or now_s - self._last_audio_s < _EXPIRES_AFTER_S

    def on_audio(self, event: Audio, now_s: float) -> Iterator[AudioChunk]:
        """Return the chunks of an audio event: ends of clauses before it, and its audio."""
        yield from self._advance(min(event.flush_id, self.sent))
        if event.audio:
            self._received_ms += bytes_to_ms(len(event.audio))
            self._last_audio_s = now_s
            yield AudioChunk(event.audio)

    def on_timestamps(self, event: Timestamps) -> Iterator[AudioChunk]:
        """Return the times of words, relative to the audio so far; those of earlier clauses are ignored."""
        if not event.words or (event.flush_id and event.flush_id < self._clause):
            return
        yield from self._advance(min(event.flush_id, self.sent))
        if self._clause > 1 and self._times_of_clause is None:
            self._times_of_clause = event.words[0].start_ms < self._clause_start_ms - _TOLERANCE_MS
        origin_ms = self._clause_start_ms if self._times_of_clause else 0.0
        yield AudioChunk(b"", _characters(event.words, origin_ms - self._received_ms))

    def on_flush_done(self, event: FlushDone) -> Iterator[AudioChunk]:
        """Return the ends of the clauses up to a flush; one that was not sent is ignored."""
        yield from self._advance(min((event.flush_id or self._clause), self.sent) + 1)

    def on_done(self) -> Iterator[AudioChunk]:
        """Return the ends of the clauses whose end was not reported."""
        self.ended = True
        yield from self._advance(self.sent + 1)

    def _advance(self, clause: int) -> Iterator[AudioChunk]:
        """Move to a clause; each one that is left ends here."""
        while self._clause < clause:
            self._clause += 1
            self._clause_start_ms = self._received_ms
            yield AudioChunk(b"", ends_clause=True)


def _characters(words: tuple[Word, ...], shift_ms: float) -> tuple[CharTiming, ...]:
    """Divide the time of each word evenly among its characters."""
    found: list[CharTiming] = []
    for word in words:
        step_ms = (word.end_ms - word.start_ms) / max(1, len(word.text))
        for number, character in enumerate(word.text):
            start_ms = shift_ms + word.start_ms + number * step_ms
            found.append(CharTiming(character, start_ms, start_ms + step_ms))
    return tuple(found)
