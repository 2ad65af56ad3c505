"""Cut a stream of tokens into clauses worth speaking. No I/O, no clock.

The voice begins with the first clause, so that one is cut early; later ones are longer, which sounds better.
"""

import re

_FIRST_CLAUSE_CHARS = 10
"""A first clause this long may end at a comma; shorter ones sound clipped."""
_LATER_CLAUSE_CHARS = 60
"""Later clauses end at a comma only when they have grown this long."""
_LONGEST_CLAUSE_CHARS = 200
"""A text without any punctuation is cut at a space here: the voice must not wait for ever."""

_SENTENCE_END = re.compile(r"""[.!?…。！？।॥؟]+["'”’)\]]*(?=\s)|[。！？।॥]+["'”’)\]]*|\n""")  # noqa: RUF001 - other scripts' marks
_PAUSE = re.compile(r"(?:[,;:،、，；：]|\s[–—-])(?=\s)")  # noqa: RUF001 - as above
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:(?:dr|mr|mrs|ms|prof|st|no|vs|etc|approx|dept|ave|blvd|rd|apt|inc|ltd|jr|sr|gen|col|sgt|rev|hon"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun|fig|vol|ext|tel|min|max)"
    r"|(?:\w\.)+\w|[a-z])\.$",
    re.IGNORECASE,
)
"""What a full stop follows without ending the sentence: titles, e.g., a.m., initials."""
_CAPITAL_FOLLOWS = re.compile(r"\s+[A-Z\"'“¿¡]")
_MEETS_CAPITALS = re.compile(r"(?:a\.m|p\.m|etc|inc|ltd|jr|sr)\.$", re.IGNORECASE)


_SHORT_ANSWER = re.compile(
    r"^\W*(?:yes|no|yeah|goodbye|bye|sure|certainly|absolutely|of course|okay|ok|right|great|perfect|thanks"
    r"|good|thank you|you are welcome|you.re welcome"
    r"|ja|nein|gern|natürlich|gut|danke|sí|claro|gracias|oui|non|bien sûr|merci),(?=\s)",
    re.IGNORECASE,
)
"""What stands alone however short it is."""
_PHRASE_BEGINS = re.compile(
    r"\s(?:and|but|or|so|because|if|when|while|that|which|who|for|from|with|at|on|in|until|before|after"
    r"|und|aber|oder|weil|dass|wenn|für|mit|am|um|bis|y|pero|porque|que|para|con|et|mais|parce|pour|avec)\s*",
    re.IGNORECASE,
)
"""Before these a voice may breathe."""
_PHRASE_WORDS = 3


class ClauseCutter:
    """Takes tokens, gives clauses; joining all clauses gives the text that came in.

    With `by_phrase` the first clause may end before a phrase begins ("We are open | from eight to six"): the
    voice begins while the rest is on its way.
    """

    def __init__(self, *, by_phrase: bool = False) -> None:
        self._text = ""
        self._cut_any = False
        self._by_phrase = by_phrase

    def push(self, token: str) -> list[str]:
        """Add a token; gives the clauses it completes."""
        clauses: list[str] = []
        if self._by_phrase and not self._cut_any and self._is_phrase(token):
            clauses.append(self._text)
            self._text = ""
            self._cut_any = True
        self._text += token
        while self._text and (end := self._end()) is not None:
            clauses.append(self._text[:end])
            self._text = self._text[end:]
            self._cut_any = True
        return clauses

    def finish(self) -> list[str]:
        """The rest, if it holds anything to say."""
        rest, self._text = self._text, ""
        return [rest] if rest.strip() else []

    def _is_phrase(self, token: str) -> bool:
        """Whether a phrase begins with this token, and enough is there before it."""
        begins = _PHRASE_BEGINS.fullmatch(token) is not None
        return begins and len(self._text.split()) >= _PHRASE_WORDS and len(self._text) >= _FIRST_CLAUSE_CHARS

    def _end(self) -> int | None:
        """Where the next clause ends, white space after it included; None to wait for more."""
        ends = [self._sentence_end(), self._pause_end()]
        found = [end for end in ends if end is not None]
        if found:
            return min(found)
        if len(self._text) > _LONGEST_CLAUSE_CHARS:
            space = self._text.rfind(" ", 0, _LONGEST_CLAUSE_CHARS)
            return space + 1 if space > 0 else None
        return None

    def _sentence_end(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._text):
            if self._text[: match.end()].strip() and not self._goes_on(match.end()):
                return self._after_space(match.end())
        return None

    def _goes_on(self, end: int) -> bool:
        """Whether the full stop before `end` is part of a word."""
        before = self._text[:end]
        if not _ABBREVIATION.search(before):
            return False
        # "at 9 a.m. We open" ends a sentence, "Dr. Miller" does not.
        return not (_MEETS_CAPITALS.search(before) and _CAPITAL_FOLLOWS.match(self._text, end))

    def _pause_end(self) -> int | None:
        least = _LATER_CLAUSE_CHARS if self._cut_any else _FIRST_CLAUSE_CHARS
        match = _PAUSE.search(self._text, max(0, least - 1))
        if self._by_phrase and not self._cut_any:
            match = _SHORT_ANSWER.match(self._text) or match
        return self._after_space(match.end()) if match else None

    def _after_space(self, end: int) -> int:
        while end < len(self._text) and self._text[end].isspace():
            end += 1
        return end
