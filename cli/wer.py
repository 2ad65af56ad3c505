"""Compare two texts word by word. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_UP_TO_19 = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word and when it was spoken."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Match:
    """How many of the expected words were found, and their offsets in time."""

    expected: int
    found: int
    offsets_ms: tuple[float, ...] = ()
    """Difference between the start times of each found word."""

    @property
    def fraction(self) -> float:
        """Fraction of the expected words that were found; 1 if none was expected."""
        return self.found / self.expected if self.expected else 1.0


def normalize(text: str) -> list[str]:
    """The words of a text, lower-case and without punctuation; figures become the words that are spoken."""
    letters = "".join(c if c.isalnum() or c == "'" else " " for c in text.lower())
    return [spoken for word in letters.split() for spoken in _spoken(word)]


def _spoken(word: str) -> Sequence[str]:
    """Numbers from 10 to 99 are one number, others are spoken digit by digit, as in telephone numbers."""
    if not (word.isascii() and word.isdigit()):
        return (word,)
    if len(word) != 2 or word[0] == "0":
        return [_UP_TO_19[int(digit)] for digit in word]
    tens, ones = divmod(int(word), 10)
    if tens == 1:
        return (_UP_TO_19[int(word)],)
    return (_TENS[tens - 2], _UP_TO_19[ones]) if ones else (_TENS[tens - 2],)


def match_texts(expected: str, found: str) -> Match:
    """Match the words of `expected` that occur in `found` in the same order."""
    wanted, got = normalize(expected), normalize(found)
    blocks = SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    return Match(len(wanted), sum(block.size for block in blocks))


def match_words(expected: Sequence[SpokenWord], found: Sequence[SpokenWord]) -> Match:
    """Match words in the same order, with their offsets in time."""
    wanted = [_normalize_word(word) for word in expected]
    got = [_normalize_word(word) for word in found]
    blocks = SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    pairs = [(block.a + n, block.b + n) for block in blocks for n in range(block.size)]
    off = tuple(abs(expected[a].start_ms - found[b].start_ms) for a, b in pairs)
    return Match(len(wanted), len(pairs), off)


def _normalize_word(word: SpokenWord) -> str:
    return "".join(normalize(word.text))
