"""Removes the agent's own words from transcripts, when they return from the caller's telephone. No I/O.

An echo is recognized by its text, which recognisers may get partly wrong, and by its time: it returns up to
1.8 s after the words were played. A caller who repeats a word as an answer begins after the agent has
finished the word, an echo usually before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from parley.echo.agent_speech import AgentSpeech, PlayedWord
from parley.echo.alignment import (
    MAX_DELAY_MS,
    MIN_DELAY_MS,
    Match,
    TranscribedWord,
    best_match,
    extent,
)
from parley.echo.plain_words import plain_words
from parley.providers.stt import Word

_MAX_WORDS = 60
"""Words at the end of a transcript that are compared; earlier ones were compared when they were the end."""
_MAX_PIECES = 3
_MIN_LETTERS = 3
"""Fewer, such as those of "no", are no evidence of an echo on a line that has had none."""
_MAX_REPEATED_WORDS = 4
"""A caller may repeat this many words as an answer: "Tuesday at five thirty"."""
_DELAY_TOLERANCE_MS = 200
_WORD_MS, _ASSUMED_MIN_DELAY_MS = 350, -1500
"""Assumed distance of words whose times are unknown, and how much too early the result may be."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A transcript without echo."""

    text: str
    words: tuple[Word, ...]
    removed: int = 0
    """Number of words that were removed."""


class EchoFilter:
    """Filters the transcripts of one call, and learns the delay of its echo."""

    def __init__(self, speech: AgentSpeech) -> None:
        self._speech = speech
        self._delay_ms: int | None = None
        """Delay of the last certain echo; None until there was one."""

    def filter(self, text: str, words: tuple[Word, ...], end_ms: int, *, final: bool) -> Filtered:
        """Return the transcript without the agent's words; `end_ms` is the end of the transcribed audio.

        Of an interim transcript, one or two words that may become an echo are removed as well: they return
        with the next transcript if they do not.
        """
        has_times = _has_times(text, words)
        timed = words if has_times else _with_assumed_times(text, end_ms)
        min_delay_ms = MIN_DELAY_MS if has_times else _ASSUMED_MIN_DELAY_MS
        if not timed or not self._played(timed[-_MAX_WORDS:], min_delay_ms):
            return Filtered(text, words)
        remaining = list(range(len(timed)))
        for _ in range(_MAX_PIECES):
            echo = self._echo_in([timed[index] for index in remaining], min_delay_ms, final=final)
            if not echo:
                break
            remaining = [index for position, index in enumerate(remaining) if position not in echo]
        if len(remaining) == len(timed):
            return Filtered(text, words)
        left = tuple(timed[index] for index in remaining)
        return Filtered(
            " ".join(word.text for word in left),
            left if timed is words else (),
            removed=len(timed) - len(left),
        )

    def _played(self, words: Sequence[Word], min_delay_ms: int) -> list[PlayedWord]:
        """Return the agent's words of which these may be an echo."""
        return self._speech.words_between(words[0].start_ms - MAX_DELAY_MS, words[-1].start_ms - min_delay_ms)

    def _echo_in(self, words: Sequence[Word], min_delay_ms: int, *, final: bool) -> range | None:
        """Return the positions of an echo; None without one."""
        offset = max(0, len(words) - _MAX_WORDS)
        transcribed = [_transcribed(word) for word in words[offset:]]
        if not transcribed:
            return None
        played = self._played(words[offset:], min_delay_ms)
        match = best_match(transcribed, played, min_delay_ms)
        if match is None or not self._is_echo(match, transcribed, final=final):
            return None
        first, end = extent(match, transcribed, played)
        return range(offset + first, offset + end)

    def _is_echo(self, match: Match, words: Sequence[TranscribedWord], *, final: bool) -> bool:
        if len(match.pairs) < (match.last - match.first + 1) * 0.5:
            return False
        if not match.is_certain:
            return self._is_short_echo(match, words, final=final)
        speaks = self._speech.speaks_at(words[match.first].start_ms)
        # Several words of "Tuesday at five or Wednesday at nine?" are an answer.
        answers = match.in_question or not speaks
        if (
            not answers
            or match.begins_before_end(words)
            or len(match.pairs) > _MAX_REPEATED_WORDS
            or self._is_expected(match, words)
        ):
            self._delay_ms = match.delay_ms(words)
            return True
        return False

    def _is_short_echo(self, match: Match, words: Sequence[TranscribedWord], *, final: bool) -> bool:
        """Whether one or two words, or a few short ones, are an echo.

        Both sides use the same short words, and recognisers confuse similar ones: a caller who
        interrupts with "what are your hours?" during "that" or "your" must keep the word.
        """
        before_end = match.begins_before_end(words)
        if not before_end and not self._speech.speaks_at(words[match.first].start_ms):
            return False
        expected = self._is_expected(match, words)
        is_equal = match.equal_words(words) * 2 >= len(match.pairs)
        is_evidence = is_equal and match.letters >= _MIN_LETTERS
        if not match.stands_alone(words):
            # The beginning or the end of an echo that the caller's words follow or precede.
            return expected and is_evidence and match.is_at_edge(words)
        if not final:
            # So far it may be the beginning of an echo; the next transcript shows it.
            return True
        if expected:
            # A word of "Tuesday or Wednesday?" is an answer.
            return before_end or not match.in_question
        if not before_end:
            # A caller repeats a word only after it has ended, and mostly one of a question.
            return len(match.pairs) > 1 and is_equal and not match.in_question
        return is_evidence or (is_equal and self._opens(match))

    def _opens(self, match: Match) -> bool:
        """Whether it repeats the first words after a silence of the agent: no earlier ones could return."""
        return not self._speech.speaks_at(match.pairs[0][1].start_ms - 1)

    def _is_expected(self, match: Match, words: Sequence[TranscribedWord]) -> bool:
        """Whether the delay is that of the line's last certain echo."""
        return (
            self._delay_ms is not None and abs(match.delay_ms(words) - self._delay_ms) <= _DELAY_TOLERANCE_MS
        )


def _transcribed(word: Word) -> TranscribedWord:
    return TranscribedWord("".join(plain_words(word.text)), word.start_ms, word.end_ms)


def _has_times(text: str, words: tuple[Word, ...]) -> bool:
    """Whether the words have times of their own and are the whole text."""
    if len(words) != len(text.split()):
        return False
    return len(words) < 2 or words[0].start_ms < words[-1].start_ms


def _with_assumed_times(text: str, end_ms: int) -> tuple[Word, ...]:
    parts = text.split()
    first_ms = end_ms - len(parts) * _WORD_MS
    return tuple(
        Word(part, first_ms + n * _WORD_MS, first_ms + (n + 1) * _WORD_MS, 1.0)
        for n, part in enumerate(parts)
    )
