"""Normalizes the clauses of one reply for the voice. No I/O, no clock."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from unicodedata import category

from services.tts.spoken_text.language import Language, find_language
from services.tts.spoken_text.links import speak_addresses
from services.tts.spoken_text.mapped_text import MappedText, joined, split_around
from services.tts.spoken_text.markdown import (
    BlockState,
    remove_blocks,
    remove_fences,
    remove_math,
    remove_spans,
)
from services.tts.spoken_text.markup import (
    cut_unclosed_tag,
    decode_entities,
    finish_tag,
    passthrough_pattern,
    remove_directions,
    remove_hidden,
    remove_tags,
)
from services.tts.spoken_text.symbols import plain_characters, remove_emoticons, replace_arrows, speak_signs

_LETTER = r"[^\W\d_²³¹¼-¾⁰-₉⅐-↋①-⓿❶-➓]"
"""Raised digits, fractions and numbers in circles count as letters in a pattern."""
_ORDINARY = re.compile(rf"{_LETTER}(?:{_LETTER}|['’](?={_LETTER})|[ ](?! )|[.,!?](?=[ ]|$))*")
"""A text of words and punctuation, in which nothing can need a change."""
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")
_LONG_SPACE = re.compile(r"[ \t\u00a0]{4,}")
"""Patterns that begin with optional spaces would take long for many of them."""
_SPACES = re.compile(r"[ \t\u00a0\u202f\u2009]+")
_SPACE_BEFORE_MARK = re.compile(r"(?<=\S) +(?=[.,](?:\s|$))")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|“\s*”|\"\s*\"(?!\w)")
_REPEATED_MARK = re.compile(r"([,;:])(?:\s*[,;:.])+(?=\s|$)")
_LAST_WORDS = re.compile(r"(?:(?<=\s)|^)[^\W\d_][^\d.!?…。！？।$€£₹\[\]<>]{0,60}$")
_LIST_NUMBER = re.compile(r"\s*\d{1,3}[.)](?:\s|$)")
_SPOKEN = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class NormalizerOptions:
    """How the text of an agent is prepared for its voice."""

    language: str = "en"
    """Language tag, such as `en-GB`; `multi` for an unknown language, whose numbers keep their digits."""
    numbers: bool = True
    """Whether numbers, dates, times and amounts are written in words."""
    keep_ssml: bool = False
    """Whether the voice takes SSML tags."""
    keep_audio_tags: bool = False
    """Whether the voice takes audio tags such as [laughs]."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """The text that the provider receives for a clause."""

    text: str
    """Empty if the clause contains nothing to speak."""
    offsets: tuple[int, ...]
    """For each character the offset in the clause that it comes from; never decreasing."""

    @classmethod
    def unchanged(cls, text: str) -> "SpokenText":
        """A clause that is spoken unchanged."""
        return cls(text, tuple(range(len(text))))


class ReplyNormalizer:
    """Normalizes the clauses of one reply, which must be fed in order, the first one first.

    Its state follows from the clauses alone, so that another process continues a reply by feeding it the
    same clauses.
    """

    def __init__(self, options: NormalizerOptions) -> None:
        self._options = options
        self._language: Language = find_language(options.language)
        self._passthrough = passthrough_pattern(
            keep_ssml=options.keep_ssml, keep_audio_tags=options.keep_audio_tags
        )
        self._block = BlockState()
        self._hidden = ""
        self._in_tag = False
        self._context = ""

    def feed(self, clause: str) -> SpokenText:
        """Return the text that the provider receives for the next clause."""
        block = self._block
        if not (block.fence or self._hidden or self._in_tag) and _ORDINARY.fullmatch(clause.strip(" \n")):
            self._block = BlockState(clause.endswith("\n"), "", code=False)
            self._context = _context(clause)
            return _spoken(MappedText.of(clause))
        text = MappedText.of(clause).sub(_LONG_SPACE, lambda _: " ")
        if self._in_tag:
            text, self._in_tag = finish_tag(text), False
        text, self._hidden = remove_hidden(text, self._hidden)
        text, self._block = remove_fences(text, block)
        parts = split_around(text, self._passthrough)
        done = [
            part
            if retained
            else self._normalize(part, last=n == len(parts) - 1, line_start=block.line_start and n == 0)
            for n, (part, retained) in enumerate(parts)
        ]
        spoken = _tidy(joined(done), ends_line=clause.endswith("\n"))
        self._context = _context(spoken.text)
        return (
            _spoken(spoken) if _SPOKEN.search(self._passthrough.sub("", spoken.text)) else SpokenText("", ())
        )

    def _normalize(self, text: MappedText, *, last: bool, line_start: bool) -> MappedText:
        if text.text.isspace():
            return text
        words = self._language.words
        text = decode_entities(text)
        text = speak_addresses(text, words) if "@" in text.text else text
        text = remove_tags(text)
        if last:
            text, self._in_tag = cut_unclosed_tag(text)
        text = plain_characters(text)
        text = replace_arrows(text.sub(_LONG_SPACE, lambda _: " "))
        text = remove_math(text)
        text = remove_blocks(text, line_start=line_start)
        if not self._options.keep_audio_tags:
            text = remove_directions(text)
        text = remove_spans(text)
        text = speak_addresses(text, words)
        text = remove_emoticons(text)
        text = speak_signs(text, words)
        if not self._options.numbers:
            return text
        from services.tts.spoken_text.numbers_in_words import speak_numbers  # noqa: PLC0415 - loads tables

        context, self._context = self._context, ""
        if not context or _LIST_NUMBER.match(text.text):
            return speak_numbers(text, self._language)
        return _after_context(context, text, lambda whole: speak_numbers(whole, self._language))


def _after_context(context: str, text: MappedText, speak: Callable[[MappedText], MappedText]) -> MappedText:
    """Speak the numbers of a text that follows other words: "Your code is" and "4821."."""
    before = MappedText(context, (-1,) * len(context))
    spoken = speak(joined([before, text]))
    if spoken.text.startswith(context) and not any(offset < 0 for offset in spoken.offsets[len(context) :]):
        return spoken[len(context) :]
    return speak(text)


def _context(spoken: str) -> str:
    """The last words of a clause if its sentence continues, as far as they contain no number."""
    words = _LAST_WORDS.search(spoken.replace("\n", " "))
    return words.group() if words else ""


def preload_tables() -> None:
    """Load what the first number needs, which takes 0.1 s and would delay all calls of the process."""
    ReplyNormalizer(NormalizerOptions()).feed("It costs $1.50 on 12/31/2026 at 9:30.")


def _tidy(text: MappedText, *, ends_line: bool) -> MappedText:
    """Join lines, and remove the spaces and punctuation that removed characters leave behind."""
    text = text.sub(_LINE_BREAK, _line_break if not ends_line else _line_break_or_end)
    text = text.remove(_EMPTY_BRACKETS)
    text = text.sub(_SPACES, lambda m: " " if m.group() != " " else None)
    text = text.remove(_SPACE_BEFORE_MARK)
    return text.sub(_REPEATED_MARK, lambda m: [m.span(1)])


def _line_break(match: re.Match[str]) -> str:
    before, after = match.string[: match.start()], match.string[match.end() :]
    if not before.strip():
        return ""
    paragraph = match.group().count("\n") > 1
    return ". " if paragraph and after and _ends_word(before) else " "


def _line_break_or_end(match: re.Match[str]) -> str:
    if match.string[match.end() :]:
        return _line_break(match)
    return ". " if _ends_word(match.string[: match.start()]) else " "


def _ends_word(text: str) -> bool:
    """Whether the text ends with a letter or digit; a vowel of Hindi is a mark."""
    return category(text[-1:] or " ")[0] in "LNM"


def _spoken(text: MappedText) -> SpokenText:
    """The text with offsets that never decrease."""
    return SpokenText(text.text, tuple(accumulate(text.offsets, max)))
