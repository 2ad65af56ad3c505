"""Splits a stream of tokens into clauses for synthesis. No I/O, no clock.

Synthesis starts with the first clause, so that one ends early; later ones are longer for better prosody.
"""

import re

_FIRST_CLAUSE_CHARS = 10
"""A first clause of at least this length may end at a comma; shorter ones would be spoken abruptly."""
_LATER_CLAUSE_CHARS = 60
"""Later clauses end at a comma only from this length on."""
_MAX_CLAUSE_CHARS = 200
"""Text without punctuation is split at a space before this length, so that synthesis can start."""

_SENTENCE_END = re.compile(r"""[.!?…。！？।॥؟]+["'”’)\]]*(?=\s)|[。！？।॥]+["'”’)\]]*|\n""")  # noqa: RUF001 - other scripts' marks
_PAUSE = re.compile(r"(?:[,;:،、，；：]|\s[–—-])(?=\s)")  # noqa: RUF001 - as above
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:(?:dr|mr|mrs|ms|prof|st|no|vs|etc|approx|dept|ave|blvd|rd|apt|inc|ltd|jr|sr|gen|col|sgt|rev|hon"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|fig|vol|ext|tel|min|max)"
    r"|(?:\w\.)+\w|[a-z])\.$",
    re.IGNORECASE,
)
"""Abbreviations whose full stop does not end a sentence: titles, e.g., a.m., initials."""
_NEXT_IS_CAPITAL = re.compile(r"\s+[A-Z\"'“¿¡]")
_MAY_END_SENTENCE = re.compile(r"(?:a\.m|p\.m|etc|inc|ltd|jr|sr)\.$", re.IGNORECASE)


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


class ClauseSplitter:
    """Converts tokens to clauses; all clauses joined are the input text.

    With `by_phrase` the first clause may end before a phrase starts ("We are open | from eight to six"), so
    that its synthesis starts while the rest is generated.
    """

    def __init__(self, *, by_phrase: bool = False) -> None:
        self._text = ""
        self._first_clause_done = False
        self._by_phrase = by_phrase

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

    def finish(self) -> list[str]:
        """Return the rest of the text as a clause; empty if it is only white space."""
        rest, self._text = self._text, ""
        return [rest] if rest.strip() else []

    def _starts_phrase(self, token: str) -> bool:
        """Whether this token starts a phrase and the text before it is long enough for a clause."""
        starts = _PHRASE_START.fullmatch(token) is not None
        return (
            starts and len(self._text.split()) >= _MIN_PHRASE_WORDS and len(self._text) >= _FIRST_CLAUSE_CHARS
        )

    def _end(self) -> int | None:
        """Return the end of the next clause with its trailing white space; None if it is incomplete."""
        ends = [self._sentence_end(), self._pause_end()]
        found = [end for end in ends if end is not None]
        if found:
            return min(found)
        if len(self._text) > _MAX_CLAUSE_CHARS:
            space = self._text.rfind(" ", 0, _MAX_CLAUSE_CHARS)
            return space + 1 if space > 0 else None
        return None

    def _sentence_end(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._text):
            if self._text[: match.end()].strip() and not self._is_abbreviation(match.end()):
                return self._after_space(match.end())
        return None

    def _is_abbreviation(self, end: int) -> bool:
        """Whether the full stop before `end` belongs to an abbreviation."""
        before = self._text[:end]
        if not _ABBREVIATION.search(before):
            return False
        # "at 9 a.m. We open" ends a sentence, "Dr. Miller" does not.
        return not (_MAY_END_SENTENCE.search(before) and _NEXT_IS_CAPITAL.match(self._text, end))

    def _pause_end(self) -> int | None:
        min_chars = _LATER_CLAUSE_CHARS if self._first_clause_done else _FIRST_CLAUSE_CHARS
        match = _PAUSE.search(self._text, max(0, min_chars - 1))
        if self._by_phrase and not self._first_clause_done:
            match = _SHORT_ANSWER.match(self._text) or match
        return self._after_space(match.end()) if match else None

    def _after_space(self, end: int) -> int:
        while end < len(self._text) and self._text[end].isspace():
            end += 1
        return end
