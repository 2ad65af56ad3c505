"""Finds the stretch of a transcript that best matches words played shortly before. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.echo.agent_speech import PlayedWord
from parley.echo.plain_words import similarity

MIN_DELAY_MS, MAX_DELAY_MS = -150, 1800
"""An echo returns this long after its word was played; recognisers' times are a little imprecise."""
_MIN_SIMILARITY = 0.6
_EDGE_SIMILARITY, _EDGE_TOLERANCE_MS = 0.3, 250
"""A misrecognized word at the edge of an echo has the expected time, and a little similarity."""
_MIN_WORDS_FOR_EDGES = 4
_CERTAIN_WORDS, _CERTAIN_LETTERS = 3, 9
_PAUSE_MS = 500
"""Words closer to each other are one utterance."""
_EQUAL, _SIMILAR, _OTHER, _MISSING, _ADDITIONAL = 2.0, 1.0, -1.0, -0.4, -1.0


@dataclass(frozen=True, slots=True)
class TranscribedWord:
    """A word of the transcript; times are call time."""

    text: str
    """In plain letters."""
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Match:
    """A stretch of the transcript and the played words that it repeats."""

    pairs: tuple[tuple[int, PlayedWord], ...]
    """Index of a transcribed word, and the played word that it repeats."""

    @property
    def first(self) -> int:
        """Index of its first word."""
        return self.pairs[0][0]

    @property
    def last(self) -> int:
        """Index of its last word."""
        return self.pairs[-1][0]

    @property
    def letters(self) -> int:
        """Number of letters of the played words."""
        return sum(len(word.text) for _, word in self.pairs)

    @property
    def in_question(self) -> bool:
        """Whether the first played word belongs to a question."""
        return self.pairs[0][1].in_question

    @property
    def is_certain(self) -> bool:
        """Whether it is too long to be chance."""
        return len(self.pairs) >= _CERTAIN_WORDS and self.letters >= _CERTAIN_LETTERS

    def begins_before_end(self, words: Sequence[TranscribedWord]) -> bool:
        """Whether it begins before the last of the played words has ended."""
        return words[self.first].start_ms < self.pairs[-1][1].end_ms

    def equal_words(self, words: Sequence[TranscribedWord]) -> int:
        """Number of words that were recognized as they were played."""
        return sum(words[index].text == played.text for index, played in self.pairs)

    def stands_alone(self, words: Sequence[TranscribedWord]) -> bool:
        """Whether no other word directly precedes or follows it."""
        return not (self._precedes(words, self.first) or self._precedes(words, self.last + 1))

    def is_at_edge(self, words: Sequence[TranscribedWord]) -> bool:
        """Whether other words directly precede or follow it, but not both."""
        return not (self._precedes(words, self.first) and self._precedes(words, self.last + 1))

    @staticmethod
    def _precedes(words: Sequence[TranscribedWord], index: int) -> bool:
        """Whether there is no pause before a word."""
        return 0 < index < len(words) and words[index].start_ms - words[index - 1].end_ms < _PAUSE_MS

    def delay_ms(self, words: Sequence[TranscribedWord]) -> int:
        """The median time from the playback of a word to its return."""
        delays = sorted(words[index].start_ms - played.start_ms for index, played in self.pairs)
        return delays[len(delays) // 2]


def best_match(
    words: Sequence[TranscribedWord], played: Sequence[PlayedWord], min_delay_ms: int = MIN_DELAY_MS
) -> Match | None:
    """Return the best match in order of the words, or None; costs as much as the product of both lengths."""
    columns = len(played)
    scores = [0.0] * (columns + 1)
    steps: list[list[tuple[int, int] | None]] = []
    best_score, best_end = 0.0, (0, 0)
    for row, word in enumerate(words):
        diagonal, scores[0] = 0.0, 0.0
        row_steps: list[tuple[int, int] | None] = [None] * columns
        for column, other in enumerate(played):
            above = scores[column + 1]
            score, step = 0.0, None
            gain = _gain(word, other, min_delay_ms)
            for candidate, move in (
                (diagonal + gain, (1, 1)),
                (above + _ADDITIONAL, (1, 0)),
                (scores[column] + _MISSING, (0, 1)),
            ):
                if candidate > score:
                    score, step = candidate, move
            diagonal, scores[column + 1], row_steps[column] = above, score, step
            if score > best_score and gain > 0:
                best_score, best_end = score, (row, column)
        steps.append(row_steps)
    return _trace(words, played, steps, best_end, min_delay_ms) if best_score > 0 else None


def extent(match: Match, words: Sequence[TranscribedWord], played: Sequence[PlayedWord]) -> tuple[int, int]:
    """Return the first word of an echo and the end of its last, with misrecognized words at its edges."""
    first, end = match.first, match.last + 1
    if len(match.pairs) < _MIN_WORDS_FOR_EDGES:
        return first, end
    delay_ms = match.delay_ms(words)
    before = [word for word in played if word.start_ms < match.pairs[0][1].start_ms]
    after = [word for word in played if word.start_ms > match.pairs[-1][1].start_ms]
    if before and first > 0 and _is_expected(words[first - 1], before[-1], delay_ms):
        first -= 1
    if after and end < len(words):
        pair = "".join(word.text for word in words[end : end + 2])
        if similarity(pair, after[0].text) >= 1 - _EDGE_SIMILARITY:
            end = min(end + 2, len(words))
        elif (
            _is_expected(words[end], after[0], delay_ms)
            and similarity(words[end].text, after[0].text) >= _EDGE_SIMILARITY
        ):
            end += 1
    return first, end


def _is_expected(word: TranscribedWord, played: PlayedWord, delay_ms: int) -> bool:
    return abs(word.start_ms - played.start_ms - delay_ms) <= _EDGE_TOLERANCE_MS


def _gain(word: TranscribedWord, played: PlayedWord, min_delay_ms: int) -> float:
    if not min_delay_ms <= word.start_ms - played.start_ms <= MAX_DELAY_MS:
        return 2 * _OTHER
    alike = similarity(word.text, played.text)
    if alike == 1:
        return _EQUAL
    return _SIMILAR if alike >= _MIN_SIMILARITY else _OTHER


def _trace(
    words: Sequence[TranscribedWord],
    played: Sequence[PlayedWord],
    steps: Sequence[Sequence[tuple[int, int] | None]],
    end: tuple[int, int],
    min_delay_ms: int,
) -> Match | None:
    row, column = end
    pairs: list[tuple[int, PlayedWord]] = []
    while row >= 0 and column >= 0 and (step := steps[row][column]) is not None:
        if step == (1, 1) and _gain(words[row], played[column], min_delay_ms) > 0:
            pairs.append((row, played[column]))
        row, column = row - step[0], column - step[1]
    return Match(tuple(reversed(pairs))) if pairs else None
