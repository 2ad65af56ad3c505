"""Splits a stream of tokens into clauses for synthesis. No I/O, no clock.

Synthesis starts with the first clause, so that one ends early; later ones are longer for better prosody.
"""

import re

from services.brain.generation.sentence_ends import inside_markup, sentence_rules

_FIRST_CLAUSE_CHARS = 10
"""A first clause of at least this length may end at a comma; shorter ones would be spoken abruptly."""
_LATER_CLAUSE_CHARS = 60
"""Later clauses end at a comma only from this length on."""
_MAX_CLAUSE_CHARS = 200
"""Text without punctuation is split at a space before this length, so that synthesis can start."""

_SENTENCE_END = re.compile(
    r"""(?<![.!?…。！？।॥؟])[.!?…。！？।॥؟]++["'”’»)\]*_~`]*+(?=\s)|[。！？।॥]+["'”’»)\]*_~`]*|\n"""
)
_PAUSE = re.compile(r"(?:[,;:،、，；：]|\s[–—-])(?=\s)")
_SHORT_ANSWER = re.compile(
    r"^\W*(?:yes|no|yeah|goodbye|bye|sure|certainly|absolutely|of course|okay|ok|right|great|perfect|thanks"
    r"|good|thank you|you are welcome|you.re welcome"
    r"|ja|nein|gern|natürlich|gut|danke|sí|claro|gracias|oui|non|bien sûr|merci),(?=\s)",
    re.IGNORECASE,
)
"""Short answers that are a clause on their own, whatever their length."""
_PHRASE_START = re.compile(
    r"\s(?:and|but|or|so|because|if|when|while|that|which|who|for|from|with|at|on|in|until|before|after"
    r"|und|aber|oder|weil|dass|wenn|für|mit|am|um|bis|y|pero|porque|que|para|con|et|mais|parce|pour|avec)\s*",
    re.IGNORECASE,
)
"""Words before which a speaker may pause."""
_MIN_PHRASE_WORDS = 3
_COMPLETE_MARKS = "\n。！？।॥"
"""Marks that end a sentence without white space after them."""
_SPACE = re.compile(r"(?<=\S) (?=\S)(?!(?<=\d )\d)")
"""A space between words, but not one within a number."""


class ClauseSplitter:
    """Converts tokens to clauses; all clauses joined are the input text.

    With `by_phrase` the first clause may end before a phrase starts ("We are open | from eight to six"), so
    that its synthesis starts while the rest is generated.
    """

    def __init__(self, *, by_phrase: bool = False, language: str = "en") -> None:
        self._text = ""
        self._first_clause_done = False
        self._by_phrase = by_phrase
        self._rules = sentence_rules(language)

    @property
    def pending(self) -> str:
        """The text of the clause that is not complete yet."""
        return self._text

    def push(self, token: str) -> list[str]:
        """Add a token; return the clauses that it completes."""
        clauses: list[str] = []
        if self._by_phrase and not self._first_clause_done and self._starts_phrase(token):
            clauses.append(self._text)
            self._text = ""
            self._first_clause_done = True
        self._text += token
        while self._text and (end := self._end()) is not None:
            clauses.append(self._text[:end])
            self._text = self._text[end:]
            self._first_clause_done = True
        return clauses

    def take_words(self) -> list[str]:
        """Return the complete words of the pending text as a clause; the last one may still grow."""
        end = self._text.rfind(" ") + 1
        words, self._text = self._text[:end], self._text[end:]
        if not words.strip():
            self._text = words + self._text
            return []
        self._first_clause_done = True
        return [words]

    def finish(self) -> list[str]:
        """Return the rest of the text as a clause; empty if it is only white space."""
        rest, self._text = self._text, ""
        return [rest] if rest.strip() else []

    def _starts_phrase(self, token: str) -> bool:
        """Whether this token starts a phrase and the text before it is long enough for a clause."""
        return (
            _PHRASE_START.fullmatch(token) is not None
            and len(self._text.split()) >= _MIN_PHRASE_WORDS
            and len(self._text) >= _FIRST_CLAUSE_CHARS
            and not inside_markup(self._text)
        )

    def _end(self) -> int | None:
        """Return the end of the next clause with one white space; None if it is incomplete or undecided."""
        found = [end for end in (self._sentence_end(), self._pause_end()) if end is not None]
        end, certain = min(found, default=(len(self._text), False))
        if end > _MAX_CLAUSE_CHARS and (space := self._last_space()) is not None:
            return space
        return self._after_space(end) if certain else None

    def _sentence_end(self) -> tuple[int, bool] | None:
        """The first end of a sentence, and whether it is certain."""
        for match in _SENTENCE_END.finditer(self._text):
            verdict = self._rules.ends_sentence(self._text, match.end())
            if verdict is not False:
                return match.end(), bool(verdict)
        return None

    def _pause_end(self) -> tuple[int, bool] | None:
        """The first pause after enough text, and whether it is certain."""
        if self._by_phrase and not self._first_clause_done and (answer := _SHORT_ANSWER.match(self._text)):
            return answer.end(), True
        min_chars = _LATER_CLAUSE_CHARS if self._first_clause_done else _FIRST_CLAUSE_CHARS
        for match in _PAUSE.finditer(self._text, max(0, min_chars - 1)):
            verdict = self._rules.ends_at_pause(self._text, match.end())
            if verdict is not False:
                return match.end(), bool(verdict)
        return None

    def _last_space(self) -> int | None:
        """The end of the last word of a text that is too long, but not within a number or markup."""
        fallback = None
        for match in reversed(list(_SPACE.finditer(self._text, 0, _MAX_CLAUSE_CHARS))):
            fallback = fallback or match.end()
            if not inside_markup(self._text[: match.start()]):
                return match.end()
        return fallback

    def _after_space(self, end: int) -> int:
        """The end with the one white space that the mark needs; more of it may be in the next token."""
        return end if self._text[end - 1] in _COMPLETE_MARKS else end + 1
