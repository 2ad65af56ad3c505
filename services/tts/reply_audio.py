"""Tracks one reply's audio: what to publish at which sample, and which clauses are complete. No I/O."""

from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.providers.tts import AudioChunk, CharTiming
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.tts.alignment import alnum_count, word_timings

_ROUNDING_SAMPLES = 2 * BYTES_PER_MS
"""An alignment in whole milliseconds may end this much after the audio that it describes."""


@dataclass(slots=True, eq=False)
class _Clause:
    text: str
    missing: int
    """Number of letters and digits that have no timing yet."""
    tail: int
    """Number of punctuation marks after these that have no timing yet; a provider may never send one."""
    characters: list[CharTiming] = field(default_factory=list)
    end_sample: int | None = None
    """Sample at which the clause ends; audio may not have arrived up to there yet."""


@dataclass(slots=True)
class ReplyAudio:
    """The audio of one reply, across all attempts.

    An attempt begins at the first clause that is not complete. What an earlier attempt published of that
    clause is not published again: as many samples of the new audio are skipped.

    A clause is complete when the provider marks its end, or when all its characters have timings and audio
    has arrived up to the end of the last one. This needs no pause after the clause, and holds for several
    clauses in one stream.
    """

    reply_id: str
    next_clause: int = 0
    """The first clause that is not complete."""
    start_sample: int = 0
    """Sample at which that clause begins."""
    published: int = 0
    """Samples of the reply returned for publishing."""
    input_ended: bool = False
    """Whether this attempt has sent all text."""
    _received: int = 0
    """Samples of the reply that this attempt has reached."""
    _open: list[_Clause] = field(default_factory=list)
    _has_audio: bool = False
    _has_alignment: bool = False

    def start_attempt(self) -> None:
        """Begin at the first clause that is not complete."""
        if self._has_alignment and self._open and not self._open[0].characters:
            # The samples published after the last complete clause were its trailing silence.
            self.start_sample = self.published
        self._received = self.start_sample
        self.published = max(self.published, self.start_sample)
        self._open.clear()
        self._has_audio = self._has_alignment = self.input_ended = False

    def text_sent(self, text: str) -> None:
        """Record that the next clause was sent to the provider."""
        self._open.append(_Clause(text, alnum_count(text), _count_trailing_punctuation(text)))

    @property
    def awaiting_alignment(self) -> bool:
        """Whether letters of the sent text have no timing yet."""
        return any(clause.missing for clause in self._open)

    @property
    def awaiting_provider(self) -> bool:
        """Whether output must arrive soon.

        A provider that sends audio without alignment may have sent all it can until the input ends.
        """
        if self.input_ended:
            return True
        return self.awaiting_alignment and (self._has_alignment or not self._has_audio)

    @property
    def fully_aligned(self) -> bool:
        """Whether, by the alignment, only the provider's end of stream is missing."""
        if not self.input_ended:
            return False
        return not any(c.missing or (c.end_sample or 0) > self._received for c in self._open)

    def audio_received(self, chunk: AudioChunk) -> tuple[int, bytes]:
        """Add a received chunk; returns the sample to publish at, and the part not yet published."""
        begin = self._received
        self._received += len(chunk.mulaw)
        self._has_audio = self._has_audio or bool(chunk.mulaw)
        if chunk.char_timings:
            self._align(chunk.char_timings, begin)
        if chunk.ends_clause:
            self._end_clause()
        return self._unpublished(begin, chunk.mulaw)

    def take_completed(self) -> list[ClauseSynthesized]:
        """The clauses completed since the last call."""
        done: list[ClauseSynthesized] = []
        while self._open and (end := self._open[0].end_sample) is not None and end <= self._received:
            done.append(self._complete(end))
        return done

    def finish(self) -> list[ClauseSynthesized]:
        """Complete the remaining clauses at the end of the stream; its audio is split by their length."""
        done = self.take_completed()
        while self._open:
            share = len(self._open[0].text) / max(1, sum(len(c.text) for c in self._open))
            length = round((self._received - self.start_sample) * share)
            done.append(self._complete(self.start_sample + length))
        return done

    def _unpublished(self, begin: int, mulaw: bytes) -> tuple[int, bytes]:
        fresh = mulaw[max(0, self.published - begin) :]
        offset = max(begin, self.published)
        if fresh:
            self.published = offset + len(fresh)
        return offset, fresh

    def _align(self, characters: tuple[CharTiming, ...], begin: int) -> None:
        self._has_alignment = True
        clause = self._current_clause()
        for relative in characters:
            if clause is None:
                return
            count = alnum_count(relative.text)
            if count and not clause.missing:
                clause = self._clause_after(clause, begin + round(relative.start_ms * BYTES_PER_MS))
            clause.characters.append(_on_reply_clock(relative, begin / BYTES_PER_MS))
            if not clause.missing and not relative.text.isspace():
                clause.tail = max(0, clause.tail - len(relative.text))
            clause.missing = max(0, clause.missing - count)
        if clause is None:
            return
        for earlier in self._open[: self._open.index(clause)]:
            if earlier.end_sample is None:
                earlier.end_sample = begin
        if not clause.missing and not clause.tail and clause.characters and clause.end_sample is None:
            # A chunk that ends with the clause's last character also contains the pause after it.
            end = round(clause.characters[-1].end_ms * BYTES_PER_MS)
            clause.end_sample = end if end > self._received + _ROUNDING_SAMPLES else self._received

    def _current_clause(self) -> _Clause | None:
        """The clause that the next character belongs to."""
        for clause in self._open:
            if clause.missing or (clause.tail and clause.end_sample is None):
                return clause
        return self._open[-1] if self._open else None

    def _clause_after(self, clause: _Clause, sample: int) -> _Clause:
        """The clause after a completely aligned one; it begins at `sample`."""
        later = self._open[self._open.index(clause) + 1 :]
        if not later:
            return clause
        if clause.end_sample is None:
            clause.end_sample = sample
        return later[0] if later[0].missing or len(later) == 1 else self._clause_after(later[0], sample)

    def _end_clause(self) -> None:
        for clause in self._open:
            if clause.end_sample is None:
                clause.end_sample = self._received
                clause.missing = 0
                return

    def _complete(self, end: int) -> ClauseSynthesized:
        clause = self._open.pop(0)
        if end < self.published and self._received < self.published:
            # This attempt is shorter than the part of the clause that an earlier one published.
            self._received += self.published - end
            end = self.published
        end = max(end, self.start_sample)
        words = word_timings(
            clause.text,
            tuple(clause.characters),
            self.start_sample / BYTES_PER_MS,
            end / BYTES_PER_MS,
        )
        synthesized = ClauseSynthesized(
            reply_id=self.reply_id,
            clause=self.next_clause,
            start_sample=self.start_sample,
            end_sample=end,
            words=words,
        )
        self.next_clause += 1
        self.start_sample = end
        return synthesized


def _on_reply_clock(character: CharTiming, origin_ms: float) -> CharTiming:
    """Convert a character's times from its chunk's clock to the reply's."""
    start_ms = origin_ms + max(0.0, character.start_ms)
    return CharTiming(character.text, start_ms, max(start_ms, origin_ms + character.end_ms))


def _count_trailing_punctuation(text: str) -> int:
    """Number of punctuation marks after the last letter or digit."""
    tail = 0
    for character in text:
        tail = 0 if character.isalnum() else tail + (not character.isspace())
    return tail
