"""Writes recognised words as Deepgram does: capitals, punctuation and figures. No I/O, no clock.

Deepgram sees only the words up to a pause, so it writes a full stop wherever the caller pauses, as in
"My number is."
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.recognition.recogniser import Word
from sandbox.recognition.spoken_numbers import write_numbers

_ALWAYS_CAPITAL = {
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january", "february"),
    *("april", "june", "july", "august", "september", "october", "november", "december"),
}
_QUESTION_WORDS = {
    *(
        "what",
        "how",
        "when",
        "where",
        "who",
        "why",
        "which",
        "can",
        "could",
        "do",
        "does",
        "did",
        "is",
        "are",
    ),
    *("would", "will", "should", "may"),
}
_NAME_INTRODUCTIONS = (("name", "is"), ("this", "is"))
_MAX_NAME_WORDS = 2


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Formatting that a query requests."""

    punctuate: bool = False
    numerals: bool = False
    smart: bool = False

    @property
    def has_punctuation(self) -> bool:
        """Whether words carry capitals and punctuation."""
        return self.punctuate or self.smart


PLAIN_TEXT = TextFormat()


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """The written form of a recognised word."""

    word: Word
    """Lower case; several spoken digits may be one word."""
    punctuated: str | None
    """The written form; None unless punctuation was requested."""

    @property
    def text(self) -> str:
        """The form of the word in the transcript."""
        return self.word.text if self.punctuated is None else self.punctuated


def write(words: Sequence[Word], text_format: TextFormat, *, complete: bool) -> tuple[WrittenWord, ...]:
    """Write the words of an utterance; `complete` is true if a pause follows."""
    if text_format.numerals or text_format.smart:
        words = write_numbers(words, smart=text_format.smart)
    if not text_format.has_punctuation:
        return tuple(WrittenWord(word, None) for word in words)
    names = _name_positions([word.text for word in words])
    written = [
        WrittenWord(word, _capitalised(word.text) if number == 0 or number in names else _cased(word.text))
        for number, word in enumerate(words)
    ]
    if written and complete:
        mark = "?" if words[0].text in _QUESTION_WORDS else "."
        written[-1] = replace(written[-1], punctuated=f"{written[-1].punctuated}{mark}")
    return tuple(written)


def _cased(text: str) -> str:
    if text in _ALWAYS_CAPITAL or text == "i" or text.startswith("i'"):
        return _capitalised(text)
    return text


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _name_positions(texts: Sequence[str]) -> set[int]:
    """Positions of the words that follow "name is"."""
    found: set[int] = set()
    for number in range(2, len(texts)):
        if (texts[number - 2], texts[number - 1]) in _NAME_INTRODUCTIONS:
            found |= set(range(number, min(number + _MAX_NAME_WORDS, len(texts))))
    return found
