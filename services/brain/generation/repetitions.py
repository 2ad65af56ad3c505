"""Leaves out what was played already, where a model begins its answer again. No I/O, no clock.

Models that continue an interrupted answer, or answer after a tool's result, sometimes begin from the start.
The model that continues is often another provider's, whose text arrives in other pieces: its clauses end at
other words than those that were played.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation
from services.brain.generation.model_text import ends_sentence, is_speakable
from services.brain.items import CallerTurn, DtmfInput
from services.brain.reply import Reply

_PAUSE_MARKS = " \t\n,;:.!?…。！？।॥؟،、，；：—–"  # noqa: RUF001 - other scripts' marks
"""Left of a text whose beginning was left out; other marks, such as a currency, belong to what follows."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The words that the answers to the caller's last input have begun with."""

    clauses: frozenset[str] = frozenset()
    """Clauses, without differences of spaces and capitals, that the next answer must not begin with."""
    broken_off: tuple[str, ...] = ()
    """The clauses of answers that broke off, in order: the next answer continues them."""


NOTHING_SPOKEN = Spoken()


def spoken_of(conversation: Conversation) -> Spoken:
    """Return the words of the unfinished answers to the caller's last input.

    Of an answer with tool calls only whole sentences count: "Sure," may begin the next one too.
    """
    clauses: set[str] = set()
    broken_off: list[str] = []
    for item in reversed(conversation.open_items):
        match item:
            case DtmfInput() | CallerTurn(is_backchannel=False):
                break
            case Reply(kind=kind, cancelled="", finished="interrupted") if kind == REPLY_KIND_ANSWER:
                clauses |= {_normal(text) for text in item.clauses}
                broken_off[:0] = item.clauses
            case Reply(kind=kind, cancelled="", finished="tool_calls") if kind == REPLY_KIND_ANSWER:
                clauses |= {_normal(text) for text in item.clauses if ends_sentence(text)}
            case _:
                pass
    return Spoken(frozenset(clauses), tuple(broken_off))


@dataclass(frozen=True, slots=True)
class _Ending:
    """The spoken words from one of the clauses on."""

    letters: str
    word_ends: frozenset[int]
    """Numbers of letters after which a word ends."""

    @classmethod
    def of(cls, text: str) -> "_Ending":
        letters = _letters(text)
        if any(map(_is_unspaced, letters)):
            return cls(letters, frozenset(range(len(letters) + 1)))
        return cls(letters, frozenset(accumulate(len(_letters(word)) for word in text.split())))

    def begins(self, letters: str) -> bool:
        """Whether it begins with these words."""
        return self.letters.startswith(letters) and len(letters) in self.word_ends


class Repetitions:
    """The clauses of one attempt, without what its beginning repeats of earlier answers."""

    def __init__(self, spoken: Spoken) -> None:
        self._clauses = spoken.clauses
        texts = spoken.broken_off
        self._endings = tuple(_Ending.of(" ".join(texts[first:])) for first in range(len(texts)))
        """The unfinished answers from each of their clauses on."""
        self._repeated = ""
        """The letters that were left out so far."""
        self._at_beginning = True
        self.found = False
        """Whether something was left out."""

    def new(self, clauses: Sequence[str]) -> list[str]:
        """Return the clauses that are new; the first one without words that were spoken before."""
        new: list[str] = []
        for text in clauses:
            rest = self._new_part(text) if self._at_beginning else text
            self.found = self.found or rest != text
            if rest:
                self._at_beginning = False
                new.append(rest)
        return new

    def _new_part(self, text: str) -> str:
        letters = self._repeated + _letters(text)
        for ending in self._endings:
            if len(ending.letters) > len(self._repeated) and letters.startswith(ending.letters):
                rest = _without_letters(text, len(ending.letters) - len(self._repeated))
                if rest is not None:
                    return rest if is_speakable(rest) else self._leave_out(text)
        if _normal(text) in self._clauses or any(ending.begins(letters) for ending in self._endings):
            return self._leave_out(text)
        return text

    def _leave_out(self, text: str) -> str:
        self._repeated += _letters(text)
        return ""


def _normal(text: str) -> str:
    return " ".join(text.split()).casefold()


def _letters(text: str) -> str:
    """The letters, digits and vowel signs of a text, without differences of capitals."""
    return "".join(filter(_is_letter, text.casefold()))


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def _without_letters(text: str, count: int) -> str | None:
    """The text after so many letters; None if it continues within a word, or may be another beginning.

    A single word may begin something else: "No problem" does not repeat "No".
    """
    end = left = 0
    while left < count and end < len(text):
        left += len(_letters(text[end]))
        end += 1
    rest = text[end:]
    if rest and _is_letter(rest[0]) and not _is_unspaced(rest[0]):
        return None
    is_single_word = len(text[:end].split()) == 1 and rest[:1].isspace()
    return None if is_single_word and not _is_unspaced(text[end - 1]) else rest.lstrip(_PAUSE_MARKS)


def _is_unspaced(character: str) -> bool:
    """Whether the character is of a script that puts no spaces between words."""
    name = unicodedata.name(character, "")
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR"))
