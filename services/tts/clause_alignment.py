"""Matches a provider's character timings to the clauses that were sent. No I/O, no clock.

Providers trim spaces, change quotes, send a clause's timings twice, leave timings out although the audio is
there, and lose clauses. Letters and digits are compared with the text: timings that skip some of them,
without audio that could contain these, mean that a part of the text was not synthesized.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS
from parley.providers.tts import CharTiming
from services.tts.alignment import alnum_count, without_tags
from services.tts.plausibility import min_speech_ms

_ROUNDING_SAMPLES = 2 * BYTES_PER_MS
"""An alignment in whole milliseconds may end this much after the audio that it describes."""
_MAX_TIMING_ERROR_MS = 100
_MAX_LETTERS_AFTER_AUDIO = 2
"""Timings of complete audio may reach a little beyond its end."""
_MIN_MATCH = 4
"""Number of letters that identify a place within a clause."""
_TOLERATED_LETTERS = 1
"""Number of letters that a provider may omit from an alignment."""

AudibleMs = Callable[[int, int], float]
"""Returns the audible milliseconds between two samples of the reply."""


@dataclass(slots=True, eq=False)
class Clause:
    """A clause that was sent, and the timings received for it."""

    text: str
    letters: str
    """Letters and digits of the text."""
    tail: int
    """Number of punctuation marks after these that have no timing yet; a provider may never send one."""
    aligned: int = 0
    """Number of letters and digits that have timings."""
    characters: list[CharTiming] = field(default_factory=list)
    end_sample: int | None = None
    """Sample at which the clause ends; audio may not have arrived up to there yet."""
    end_certain: bool = False
    """Whether the audio of the clause is certainly over."""
    end_marked: bool = False
    """Whether the provider has marked its end."""
    has_tags: bool = False
    """Whether the text was sent with SSML tags."""

    @classmethod
    def of(cls, text: str) -> "Clause":
        """A clause without timings; its SSML tags are not spoken."""
        sent, text = text, without_tags(text)
        if not alnum_count(text):
            # It is not sent, and ends where the clause before it does.
            return cls(text, "", 0, end_sample=0, end_certain=True)
        tail = _count_trailing_punctuation(text)
        return cls(text, _letters(text), tail, has_tags=sent != text)

    @property
    def missing(self) -> int:
        """Number of letters and digits that have no timing yet."""
        return len(self.letters) - self.aligned

    def rewind(self, aligned: int) -> None:
        """Forget the timings after a number of letters."""
        if not self.letters:
            return
        left, count = [], 0
        for character in self.characters:
            count += alnum_count(character.text)
            if count > aligned:
                break
            left.append(character)
        self.characters, self.aligned = left, aligned
        self.tail = _count_trailing_punctuation(self.text)
        self.end_sample, self.end_certain = None, False


class ClauseAlignment:
    """The clauses of one attempt that are not complete."""

    def __init__(self, audible_ms: AudibleMs) -> None:
        self._audible_ms = audible_ms
        self.clauses: list[Clause] = []
        self.has_timings = False
        self.skipped_letters = 0
        """Number of letters that the provider left out."""
        self._exact = True
        self._aligned_until = 0
        self._completed: Clause | None = None
        """The last clause that was complete."""
        self._inside_tag = False

    @property
    def awaiting_timings(self) -> bool:
        """Whether letters have no timing yet."""
        return any(clause.missing for clause in self.clauses)

    def pop(self) -> Clause:
        """Remove and return the first clause."""
        clause = self.clauses.pop(0)
        self._completed = clause if clause.letters else self._completed
        return clause

    def end_clause(self, received: int) -> None:
        """Record the provider's mark that the current clause certainly ends at a sample."""
        clause = next((clause for clause in self.clauses if not clause.end_certain), None)
        if not self._marks_completed_clause(clause, received) and clause is not None:
            clause.end_sample, clause.end_certain, clause.end_marked = received, True, True
            clause.aligned = len(clause.letters)

    def _marks_completed_clause(self, following: Clause | None, received: int) -> bool:
        """Whether a mark belongs to a clause that its timings have completed before."""
        if (completed := self._completed) is None or completed.end_marked:
            return False
        if following is not None and following.letters:
            audible_ms = self._audible_ms(completed.end_sample or 0, received)
            if following.aligned or audible_ms >= min_speech_ms(len(following.letters)):
                return False
        completed.end_marked = True
        return True

    def add(self, characters: tuple[CharTiming, ...], begin: int, received: int) -> None:
        """Add the timings of a chunk that reaches from sample `begin` to `received`."""
        characters = self._without_tags(characters)
        if any(alnum_count(character.text) for character in characters):
            # The timing of a full stop alone does not show that the words before it have timings.
            self.has_timings = True
        if not self._find_place(characters, begin):
            return
        clause = self._current()
        for relative in characters:
            if clause is None:
                return
            count = alnum_count(relative.text)
            if count and not clause.missing:
                clause = self._next(clause, begin + round(relative.start_ms * BYTES_PER_MS))
            timing = _on_reply_clock(relative, begin / BYTES_PER_MS)
            clause.characters.append(timing)
            self._aligned_until = round(timing.end_ms * BYTES_PER_MS)
            if not clause.missing and not relative.text.isspace():
                clause.tail = max(0, clause.tail - len(relative.text))
            clause.aligned = min(len(clause.letters), clause.aligned + count)
        if clause is not None:
            self._end_aligned(clause, begin, received)

    def unspoken_letters(self, start: int, received: int) -> int:
        """Number of letters that the audio between two samples does not contain, if it is all there is."""
        letters = sum(len(clause.letters) for clause in self.clauses)
        if self.skipped_letters or not letters:
            return self.skipped_letters
        if self._audible_ms(start, received) < min_speech_ms(letters):
            return letters
        if not (self.has_timings and self._exact):
            return 0
        missing = sum(clause.missing for clause in self.clauses)
        if missing <= _TOLERATED_LETTERS and missing < letters:
            after = sum(_letters_after(clause, received) for clause in self.clauses)
            return after if after > _MAX_LETTERS_AFTER_AUDIO else 0
        after_ms = self._audible_ms(max(start, self._aligned_until), received)
        return 0 if after_ms >= min_speech_ms(missing) else missing

    def _without_tags(self, characters: tuple[CharTiming, ...]) -> tuple[CharTiming, ...]:
        """Drop the characters of SSML tags, which may have timings like those of words."""
        if not self._inside_tag and not any(clause.has_tags for clause in self.clauses):
            return characters
        spoken = []
        for character in characters:
            if character.text == "<":
                self._inside_tag = True
            elif not self._inside_tag:
                spoken.append(character)
            elif character.text == ">":
                self._inside_tag = False
        return tuple(spoken)

    def _find_place(self, characters: tuple[CharTiming, ...], begin: int) -> bool:
        """Move to the place of the timings in the text; False to ignore them."""
        letters = _letters("".join(character.text for character in characters))
        expected = "".join(clause.letters[clause.aligned :] for clause in self.clauses)
        if not letters or not self._exact or _one_starts_with_the_other(expected, letters):
            return True
        if self._completed is not None and _contains(self._completed.letters, letters):
            return False
        if self._rewind_to(letters):
            return True
        first = next(character for character in characters if alnum_count(character.text))
        if gap := self._gap_before(letters, expected):
            return self._skip(gap, begin + round(max(0.0, first.start_ms) * BYTES_PER_MS))
        self._exact = False
        return True

    def _rewind_to(self, letters: str) -> bool:
        """Find timings that begin again within a clause that already has some."""
        for clause in reversed(self.clauses):
            for place in range(clause.aligned, -1, -1):
                rest = clause.letters[place:]
                enough = place == 0 or min(len(rest), len(letters)) >= _MIN_MATCH
                if clause.aligned and rest and enough and _one_starts_with_the_other(rest, letters):
                    clause.rewind(place)
                    for later in self.clauses[self.clauses.index(clause) + 1 :]:
                        later.rewind(0)
                    return True
        return False

    def _gap_before(self, letters: str, expected: str) -> int:
        """Number of expected letters that precede these; 0 if they are not found."""
        before = 0
        for clause in self.clauses:
            if before and _one_starts_with_the_other(clause.letters, letters):
                return before
            before += clause.missing
        return max(0, expected.find(letters)) if len(letters) >= _MIN_MATCH else 0

    def _skip(self, gap: int, until: int) -> bool:
        """Continue after letters without timings; False if the audio cannot contain them."""
        can_contain = self._audible_ms(self._aligned_until, until) >= min_speech_ms(gap)
        if gap > _TOLERATED_LETTERS and not can_contain:
            self.skipped_letters = gap
            for clause in self.clauses:
                if clause.missing:
                    break
                clause.end_sample = clause.end_sample or self._aligned_until
            return False
        start_ms = self._aligned_until / BYTES_PER_MS
        step_ms = max(0.0, until / BYTES_PER_MS - start_ms) / gap
        for clause in self.clauses:
            for letter in clause.letters[clause.aligned : clause.aligned + gap]:
                clause.characters.append(CharTiming(letter, start_ms, start_ms + step_ms))
                clause.aligned += 1
                start_ms += step_ms
                gap -= 1
            if not gap:
                break
            clause.tail, clause.end_certain = 0, True
            clause.end_sample = round(start_ms * BYTES_PER_MS)
        return True

    def _current(self) -> Clause | None:
        """The clause that the next character belongs to."""
        for clause in self.clauses:
            if clause.missing or (clause.tail and clause.end_sample is None):
                return clause
        return next((clause for clause in reversed(self.clauses) if clause.letters), None)

    def _next(self, clause: Clause, sample: int) -> Clause:
        """The clause after a completely aligned one; it begins at `sample`."""
        later = [c for c in self.clauses[self.clauses.index(clause) + 1 :] if c.letters]
        if not later:
            return clause
        if clause.end_sample is None:
            clause.end_sample = sample
        return later[0] if later[0].missing or len(later) == 1 else self._next(later[0], sample)

    def _end_aligned(self, clause: Clause, begin: int, received: int) -> None:
        """Set the ends of the clauses before this one, and its own if all its characters have timings."""
        for earlier in self.clauses[: self.clauses.index(clause)]:
            earlier.end_certain = True
            if earlier.end_sample is None:
                earlier.end_sample = begin
        if not clause.missing and not clause.tail and clause.characters and clause.end_sample is None:
            # A chunk that ends with the clause's last character also contains the pause after it.
            end = round(clause.characters[-1].end_ms * BYTES_PER_MS)
            clause.end_sample = end if end > received + _ROUNDING_SAMPLES else received


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _one_starts_with_the_other(text: str, other: str) -> bool:
    length = min(len(text), len(other))
    return bool(length) and text[:length].casefold() == other[:length].casefold()


def _contains(text: str, part: str) -> bool:
    return part.casefold() in text.casefold() and (len(part) >= _MIN_MATCH or len(part) == len(text))


def _letters_after(clause: Clause, sample: int) -> int:
    """Number of letters whose timings begin after the end of the audio."""
    limit_ms = sample / BYTES_PER_MS + _MAX_TIMING_ERROR_MS
    return sum(alnum_count(c.text) for c in clause.characters if c.start_ms > limit_ms)


def _on_reply_clock(character: CharTiming, origin_ms: float) -> CharTiming:
    """Convert a character's times from its chunk's clock to the reply's."""
    start_ms = max(0.0, origin_ms + character.start_ms)
    return CharTiming(character.text, start_ms, max(start_ms, origin_ms + character.end_ms))


def _count_trailing_punctuation(text: str) -> int:
    """Number of punctuation marks after the last letter or digit."""
    tail = 0
    for character in text:
        tail = 0 if character.isalnum() else tail + (not character.isspace())
    return tail
