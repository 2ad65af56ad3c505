"""Finds what a caller dictates at the end of a text: digits, letters, spoken punctuation. No I/O."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import plain, split_words

_MAX_WORDS = 100
"""A dictation of more words is judged by its end."""
_MAX_PHRASE_WORDS = 4
_MAX_CODE_CHARS = 20

_FIGURES = re.compile(r"\+?[\d()/.]*\d[\d()/.]*")
_AMOUNT = re.compile(
    r"\d{1,3}[.,]\d{1,2}|\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
)
_CAPITALS = re.compile(r"\b[A-Z]{2,8}\b")
_MIXED = re.compile(r"(?=\S*\d)(?=\S*[a-z])[a-z\d]+")
_SPACED_TIME = re.compile(r"\b(\d{1,2}) h (\d\d)\b")
"""A French time: "14 h 30"."""
_UNIT = re.compile(
    r"\d+(?:st|nd|rd|th|er|re|e|eme|ème|º|ª|h|hs|hrs|am|pm|uhr|km|kg|kb|mb|gb|m|cm|mm|ml|g|k|min|s|x|d)\d{0,2}"
)


class _Role(Enum):
    NUMBER = auto()
    LETTER = auto()
    WEAK_LETTER = auto()
    """A letter that is a word too, such as "a" or "I"."""
    CODE = auto()
    """Letters and digits without a space, such as "AB12"."""
    WEAK_CODE = auto()
    """Capital letters without a space, which may be an abbreviation."""
    FILLER = auto()
    """A word within a dictation that stands for no character."""
    OPEN = auto()
    """A word that announces the next character, such as "double" or "dash"."""


_WEAK = (_Role.WEAK_LETTER, _Role.WEAK_CODE, _Role.FILLER, _Role.OPEN)


@dataclass(frozen=True, slots=True)
class _Item:
    role: _Role
    chars: str
    words: int
    open: bool = False
    """Whether another character is announced."""
    alphabet_word: bool = False
    """Whether a word of a spelling alphabet stands alone."""


@dataclass(frozen=True, slots=True)
class Dictated:
    """The characters that a text dictates at its end."""

    chars: str = ""
    """Digits, lower-case letters and a leading plus."""
    numbers: tuple[str, ...] = ()
    """The digits of each number, in order."""
    letters: int = 0
    """Letters dictated one by one."""
    codes: int = 0
    """Codes of letters and digits."""
    spelled: int = 0
    """Letters that are neither words themselves nor given by a word of a spelling alphabet alone."""
    alphabet_words: int = 0
    """Letters given by a word of a spelling alphabet alone, which may be a word of a sentence: "hotel"."""
    open: bool = False
    """Whether the last word announces another character."""
    before: tuple[str, ...] = ()
    """The words before the dictation."""

    @property
    def digits(self) -> str:
        """The digits, with the letter O read as zero."""
        return "".join("0" if char == "o" else char for char in self.chars if char.isdigit() or char == "o")

    @property
    def items(self) -> int:
        """The number of dictated numbers, letters and codes."""
        return len(self.numbers) + self.letters + self.codes


def find_dictated(
    text: str, vocabularies: Sequence[Vocabulary], *, amounts_are_numbers: bool = False
) -> Dictated:
    """Return what the text dictates at its end; the longest result over the vocabularies.

    After a request for a number, figures like an amount or a date ("123.456") are the beginning of one.
    """
    text = re.sub(r"[()]", " ", text).replace("+ ", "+")
    text = _SPACED_TIME.sub(r"\1h\2", text)
    words = split_words(text)[-_MAX_WORDS:]
    capitals = (
        frozenset(plain(word) for word in _CAPITALS.findall(text)) if text != text.upper() else frozenset()
    )
    return max(
        (_Reader(words, capitals, vocabulary, amounts_are_numbers).read() for vocabulary in vocabularies),
        key=lambda found: found.items,
    )


class _Reader:
    """Reads the words of one text in one language."""

    def __init__(
        self,
        words: Sequence[str],
        capitals: frozenset[str],
        vocabulary: Vocabulary,
        amounts_are_numbers: bool,
    ) -> None:
        self._words = words
        self._capitals = capitals
        self._vocabulary = vocabulary
        self._amounts_are_numbers = amounts_are_numbers

    def read(self) -> Dictated:
        """The dictation at the end of the text."""
        items = self._trailing_items()
        while items and items[0].role in (_Role.FILLER, _Role.OPEN):
            items = items[1:]
        if all(item.role in _WEAK for item in items):
            return Dictated()
        length = sum(item.words for item in items)
        return Dictated(
            chars="".join(item.chars for item in items),
            numbers=tuple(item.chars for item in items if item.role is _Role.NUMBER),
            letters=sum(item.role in (_Role.LETTER, _Role.WEAK_LETTER) for item in items),
            spelled=sum(item.role is _Role.LETTER and not item.alphabet_word for item in items),
            alphabet_words=sum(item.alphabet_word for item in items),
            codes=sum(item.role in (_Role.CODE, _Role.WEAK_CODE) for item in items),
            open=items[-1].open,
            before=tuple(self._words[: len(self._words) - length]),
        )

    def _trailing_items(self) -> list[_Item]:
        items: list[_Item] = []
        position = self._tail_start()
        while position < len(self._words):
            item = self._item_at(position)
            if item is None:
                items.clear()
                position += 1
            else:
                items.append(item)
                position += item.words
        return items

    def _tail_start(self) -> int:
        """The first word after the last one that cannot belong to a dictation."""
        start = len(self._words)
        while start and self._may_be_dictated(start - 1):
            start -= 1
        return start

    def _may_be_dictated(self, position: int) -> bool:
        word = self._words[position]
        if len(word) == 1 or word in self._vocabulary.dictation_vocabulary or word in self._capitals:
            return True
        is_example = position > 0 and self._words[position - 1] in self._vocabulary.link_ends
        return is_example or any(char.isdigit() for char in word)

    def _item_at(self, position: int) -> _Item | None:
        readers: tuple[Callable[[int], _Item | None], ...] = (
            self._linked_letter,
            self._letter_name,
            self._repeated,
            self._number,
            self._figures,
            self._code,
            self._letter,
            self._symbol,
            self._filler,
        )
        return next((item for read in readers if (item := read(position)) is not None), None)

    def _phrase(self, position: int, length: int) -> tuple[str, ...]:
        phrase = tuple(self._words[position : position + length])
        return phrase if len(phrase) == length else ()

    def _linked_letter(self, position: int) -> _Item | None:
        """Read a letter with an example: "S as in Sierra"."""
        letter = self._letter_name(position) or self._letter(position)
        if letter is None:
            return None
        for link in self._vocabulary.letter_links:
            end = position + letter.words + len(link)
            if self._phrase(position + letter.words, len(link)) != link:
                continue
            if end == len(self._words):
                return _Item(_Role.LETTER, letter.chars, end - position, open=True)
            if self._words[end].startswith(letter.chars) or len(link) > 1:
                return _Item(_Role.LETTER, letter.chars, end + 1 - position)
        return None

    def _letter_name(self, position: int) -> _Item | None:
        for length in (3, 2, 1):
            phrase = self._phrase(position, length)
            letter = self._vocabulary.letters.get(phrase)
            if letter is not None:
                weak = phrase[0] in self._vocabulary.weak_letters
                return _Item(_Role.WEAK_LETTER if weak else _Role.LETTER, letter, length)
        word = self._words[position]
        if word in self._vocabulary.spelling_alphabet:
            return _Item(_Role.LETTER, word[0], 1, alphabet_word=True)
        return None

    def _repeated(self, position: int) -> _Item | None:
        """Read "double five"."""
        times = self._vocabulary.multipliers.get(self._words[position])
        if times is None:
            return None
        if position + 1 == len(self._words):
            return _Item(_Role.OPEN, "", 1, open=True)
        readers = (self._number, self._figures, self._letter_name, self._letter)
        item = next((item for read in readers if (item := read(position + 1)) is not None), None)
        if item is None or len(item.chars) != 1:
            return None
        return _Item(item.role, item.chars * times, item.words + 1)

    def _number(self, position: int) -> _Item | None:
        for length in range(_MAX_PHRASE_WORDS, 0, -1):
            digits = self._vocabulary.numbers.get(self._phrase(position, length))
            if digits is None:
                continue
            end = position + length
            if end < len(self._words) and self._words[end] in self._vocabulary.hundreds:
                return _Item(_Role.NUMBER, digits + "00", length + 1)
            return _Item(_Role.NUMBER, digits, length)
        return None

    def _figures(self, position: int) -> _Item | None:
        word = self._words[position]
        if not _FIGURES.fullmatch(word) or (_AMOUNT.fullmatch(word) and not self._amounts_are_numbers):
            return None
        plus = "+" if word.startswith("+") else ""
        return _Item(_Role.NUMBER, plus + re.sub(r"\D", "", word), 1)

    def _code(self, position: int) -> _Item | None:
        word = self._words[position]
        if word in self._capitals:
            return _Item(_Role.WEAK_CODE, word, 1)
        if len(word) > _MAX_CODE_CHARS or not _MIXED.fullmatch(word) or _UNIT.fullmatch(word):
            return None
        return _Item(_Role.CODE, word, 1)

    def _letter(self, position: int) -> _Item | None:
        word = self._words[position]
        if not _is_letter(word):
            return None
        weak = word in self._vocabulary.weak_letters
        return _Item(_Role.WEAK_LETTER if weak else _Role.LETTER, word, 1)

    def _symbol(self, position: int) -> _Item | None:
        for length in range(_MAX_PHRASE_WORDS, 0, -1):
            phrase = self._phrase(position, length)
            symbol = self._vocabulary.symbols.get(phrase)
            if symbol is not None:
                return _Item(_Role.OPEN, "+" if symbol == "+" else "", length, open=True)
        return None

    def _filler(self, position: int) -> _Item | None:
        word = self._words[position]
        is_filler = word in self._vocabulary.dictation_words or word in self._vocabulary.hesitations
        return _Item(_Role.FILLER, "", 1) if is_filler else None


def _is_letter(word: str) -> bool:
    return len(word) == 1 and word.isalpha()
