"""Estimates where words are in a reply's audio, because the provider reports no times. No I/O, no clock.

Words precede their audio. Until all audio has arrived, a clause is placed by the speed at which this voice
has spoken before; then the rest is spread over the audio that is left, by the length of the words.
"""

from dataclasses import dataclass

from parley.audio.g711 import SAMPLES_PER_MS
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming

_INITIAL_MS_PER_LETTER = 70.0
_MIN_MS_PER_LETTER, _MAX_MS_PER_LETTER = 35.0, 160.0
_WEIGHT_OF_LATEST = 0.3
_MIN_LETTERS = 20
"""A shorter reply does not show the voice's speed."""


class SpeakingRate:
    """The speed of a voice, learned from its replies."""

    def __init__(self) -> None:
        self.ms_per_letter = _INITIAL_MS_PER_LETTER

    def observe(self, letters: int, ms: float) -> None:
        """Learn from a complete reply."""
        if letters >= _MIN_LETTERS:
            rate = min(max(ms / letters, _MIN_MS_PER_LETTER), _MAX_MS_PER_LETTER)
            self.ms_per_letter += _WEIGHT_OF_LATEST * (rate - self.ms_per_letter)


@dataclass(frozen=True, slots=True)
class _Clause:
    number: int
    text: str


class WordPositions:
    """The clauses of one reply that have words, and the part of its audio that contains them."""

    def __init__(self, reply_id: str, rate: SpeakingRate, from_sample: int = 0) -> None:
        """Create it; the audio of its clauses begins at `from_sample` of the reply."""
        self._reply_id = reply_id
        self._rate = rate
        self._waiting: list[_Clause] = []
        self._start = self._placed = from_sample
        self._end = from_sample
        self._letters = 0

    @property
    def lacks_words(self) -> bool:
        """Whether more audio has arrived than the clauses have words for."""
        spoken = round(self._letters * self._rate.ms_per_letter) * SAMPLES_PER_MS
        return self._start + spoken < self._end

    def clause_added(self, number: int, text: str) -> None:
        """Add a clause, in order."""
        self._waiting.append(_Clause(number, text))
        self._letters += len(text.strip())

    def audio_received(self, samples: int) -> list[ClauseSynthesized]:
        """Note audio up to this sample; return the clauses whose audio has probably arrived."""
        self._end = max(self._end, samples)
        placed: list[ClauseSynthesized] = []
        # The last clause stays: it ends where the audio ends.
        while len(self._waiting) > 1:
            length = round(len(self._waiting[0].text.strip()) * self._rate.ms_per_letter) * SAMPLES_PER_MS
            if self._placed + length > self._end:
                break
            placed.append(self._place(self._placed + length))
        return placed

    def finish(self) -> list[ClauseSynthesized]:
        """Place all clauses that are left, when all audio has arrived."""
        self._rate.observe(self._letters, (self._end - self._start) / SAMPLES_PER_MS)
        placed: list[ClauseSynthesized] = []
        while self._waiting:
            letters = [len(clause.text.strip()) or 1 for clause in self._waiting]
            share = letters[0] / sum(letters)
            placed.append(self._place(self._placed + round((self._end - self._placed) * share)))
        return placed

    def _place(self, end: int) -> ClauseSynthesized:
        clause, start = self._waiting.pop(0), self._placed
        self._placed = end
        return ClauseSynthesized(
            reply_id=self._reply_id,
            clause=clause.number,
            start_sample=start,
            end_sample=end,
            words=_words(clause.text, start, end),
        )


def _words(text: str, start: int, end: int) -> list[WordTiming]:
    words = text.split()
    letters = sum(len(word) + 1 for word in words)
    timings: list[WordTiming] = []
    before = 0
    for word in words:
        after = before + len(word) + 1
        begin_ms = (start + (end - start) * before / letters) / SAMPLES_PER_MS
        end_ms = (start + (end - start) * after / letters) / SAMPLES_PER_MS
        timings.append(WordTiming(text=word, start_ms=round(begin_ms), end_ms=round(end_ms)))
        before = after
    return timings
