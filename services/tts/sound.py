"""How one reply's sound grows: what to publish at which sample, which clauses are complete. No I/O."""

from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.providers.tts import AudioChunk, CharTiming
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.tts.alignment import timed_words, weight

_ROUNDING_SAMPLES = 2 * BYTES_PER_MS
"""An alignment in whole milliseconds may end this much behind the sound that it describes."""


@dataclass(slots=True, eq=False)
class _Clause:
    text: str
    missing: int
    """Letters and digits that no character has covered yet."""
    tail: int
    """Marks behind the last of them that no character has covered yet; a provider may keep them to itself."""
    characters: list[CharTiming] = field(default_factory=list)
    end_sample: int | None = None
    """Where it ends; its sound may not have come so far yet."""


@dataclass(slots=True)
class ReplySound:
    """The sound of one reply, over as many makings as it takes.

    A making begins at the first clause that is not complete. What a former making already published of that
    clause is not published again: as many samples of the new sound are skipped.

    A clause is complete when the provider says so, or when its characters have all been timed and sound has
    come up to the end of the last: no waiting for a pause, and right for several clauses in one stream.
    """

    reply_id: str
    next_clause: int = 0
    """The first clause that is not complete."""
    start_sample: int = 0
    """Where that clause begins."""
    published: int = 0
    """Samples of the reply that have been given out for publishing."""
    finished: bool = False
    """This making was told that no further clause comes."""
    _made: int = 0
    """Samples of the reply up to which this making has come."""
    _open: list[_Clause] = field(default_factory=list)
    _sounded: bool = False
    _aligned: bool = False

    def begin(self) -> None:
        """A new making begins."""
        if self._aligned and self._open and not self._open[0].characters:
            # What was published after the last complete clause was its trailing silence.
            self.start_sample = self.published
        self._made = self.start_sample
        self.published = max(self.published, self.start_sample)
        self._open.clear()
        self._sounded = self._aligned = self.finished = False

    def send(self, text: str) -> None:
        """The next clause goes to the provider."""
        self._open.append(_Clause(text, weight(text), _tail(text)))

    @property
    def lacking(self) -> bool:
        """Whether there is text whose letters have not all been timed."""
        return any(clause.missing for clause in self._open)

    @property
    def owed(self) -> bool:
        """Whether the provider must say something soon.

        A provider that gives sound but no alignment may have said all it can until the reply is finished.
        """
        if self.finished:
            return True
        return self.lacking and (self._aligned or not self._sounded)

    @property
    def whole(self) -> bool:
        """Whether, by the alignment, nothing but the provider's last word is missing."""
        return self.finished and not any(c.missing or (c.end_sample or 0) > self._made for c in self._open)

    def hear(self, sound: AudioChunk) -> tuple[int, bytes]:
        """Take in what came; gives the sample to publish at, and what (only what is new)."""
        begin = self._made
        self._made += len(sound.mulaw)
        self._sounded = self._sounded or bool(sound.mulaw)
        if sound.char_timings:
            self._align(sound.char_timings, begin)
        if sound.ends_clause:
            self._end_clause()
        return self._unpublished(begin, sound.mulaw)

    def completed(self) -> list[ClauseSynthesized]:
        """Clauses complete since the last asking."""
        done: list[ClauseSynthesized] = []
        while self._open and (end := self._open[0].end_sample) is not None and end <= self._made:
            done.append(self._complete(end))
        return done

    def end(self) -> list[ClauseSynthesized]:
        """The provider has finished: the clauses left share the audio left, by length."""
        done = self.completed()
        while self._open:
            share = len(self._open[0].text) / max(1, sum(len(c.text) for c in self._open))
            done.append(self._complete(self.start_sample + round((self._made - self.start_sample) * share)))
        return done

    def _unpublished(self, begin: int, mulaw: bytes) -> tuple[int, bytes]:
        fresh = mulaw[max(0, self.published - begin) :]
        offset = max(begin, self.published)
        if fresh:
            self.published = offset + len(fresh)
        return offset, fresh

    def _align(self, characters: tuple[CharTiming, ...], begin: int) -> None:
        self._aligned = True
        clause = self._in_hand()
        for relative in characters:
            if clause is None:
                return
            count = weight(relative.text)
            if count and not clause.missing:
                clause = self._following(clause, begin + round(relative.start_ms * BYTES_PER_MS))
            clause.characters.append(_placed(relative, begin / BYTES_PER_MS))
            if not clause.missing and not relative.text.isspace():
                clause.tail = max(0, clause.tail - len(relative.text))
            clause.missing = max(0, clause.missing - count)
        if clause is None:
            return
        for former in self._open[: self._open.index(clause)]:
            if former.end_sample is None:
                former.end_sample = begin
        if not clause.missing and not clause.tail and clause.characters and clause.end_sample is None:
            # A piece that ends with the clause's last character also holds the pause after it.
            end = round(clause.characters[-1].end_ms * BYTES_PER_MS)
            clause.end_sample = end if end > self._made + _ROUNDING_SAMPLES else self._made

    def _in_hand(self) -> _Clause | None:
        """The clause that the next character belongs to."""
        for clause in self._open:
            if clause.missing or (clause.tail and clause.end_sample is None):
                return clause
        return self._open[-1] if self._open else None

    def _following(self, clause: _Clause, sample: int) -> _Clause:
        """The clause after one whose characters are all there; it begins at `sample`."""
        later = self._open[self._open.index(clause) + 1 :]
        if not later:
            return clause
        if clause.end_sample is None:
            clause.end_sample = sample
        return later[0] if later[0].missing or len(later) == 1 else self._following(later[0], sample)

    def _end_clause(self) -> None:
        for clause in self._open:
            if clause.end_sample is None:
                clause.end_sample = self._made
                clause.missing = 0
                return

    def _complete(self, end: int) -> ClauseSynthesized:
        clause = self._open.pop(0)
        if end < self.published and self._made < self.published:
            # This making is shorter than what a former one published of the clause.
            self._made += self.published - end
            end = self.published
        end = max(end, self.start_sample)
        words = timed_words(
            clause.text,
            tuple(clause.characters),
            self.start_sample / BYTES_PER_MS,
            end / BYTES_PER_MS,
        )
        voiced = ClauseSynthesized(
            reply_id=self.reply_id,
            clause=self.next_clause,
            start_sample=self.start_sample,
            end_sample=end,
            words=words,
        )
        self.next_clause += 1
        self.start_sample = end
        return voiced


def _placed(character: CharTiming, origin_ms: float) -> CharTiming:
    """A character on the reply's clock instead of its piece's."""
    start_ms = origin_ms + max(0.0, character.start_ms)
    return CharTiming(character.text, start_ms, max(start_ms, origin_ms + character.end_ms))


def _tail(text: str) -> int:
    """How many marks come behind the last letter or digit."""
    tail = 0
    for character in text:
        tail = 0 if character.isalnum() else tail + (not character.isspace())
    return tail
