"""Decides whether a punctuation mark ends a clause. No I/O, no clock."""

import re
from functools import cache

from services.brain.generation.abbreviations import Abbreviations, abbreviations_of

_LOOKAHEAD_CHARS = 24
"""The most characters of a word that a decision needs."""

_EMPHASIS = "*_~`"
_LIST_MARKER = re.compile(r"\s*(?:[*_]*\d{1,3}[.)]|[-*+•])[*_]*\s*")
_INLINE_LIST_NUMBER = re.compile(r"[:;,(]\s+\d{1,2}\.$")
_LAST_WORD = re.compile(r"(?:^|[\s(\[\"“„'’‘*_—–/-])([^\s(\[\"“„'’‘*_—–/]+)\.$")
_DOTTED_LETTERS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]")
_UNIT = re.compile(r"\d\s?[^\W\d_]\.$")
_ORDINAL = re.compile(r"(?:^|[\s(\[\"“„*_])\d{1,2}\.$")
_ORDINAL_DATE = re.compile(r"(?:^|[\s(*_])\d{1,2}\.\s?\d{1,2}\.$")
_NEXT = re.compile(r"\s++[\"'“„«‘¿¡(\[*_]*+(?=(\S))")
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)(?=[^\w])")
_ORDINAL_LANGUAGES = frozenset(
    {
        "de",
        "da",
        "nb",
        "nn",
        "no",
        "fi",
        "cs",
        "sk",
        "sl",
        "hr",
        "sr",
        "bs",
        "hu",
        "pl",
        "et",
        "lv",
        "is",
        "tr",
        "lb",
    }
)
_GERMAN_BEFORE_ORDINAL = re.compile(
    r"(?i)(?:^|\W)(?:a[bm]|im|in|zum|zur|vom|von|beim|bei|der|die|das|dem|den|des|eine[rmns]?|ein|jede[rmns]?|diese[rmns]?"
    r"|seine[rmns]?|ihre?[rmns]?|unsere?[rmns]?|meine?[rmns]?|deine?[rmns]?|nächste[rmns]?|jeweils|seit|bis|und|oder|erst|schon|aller)\s+\d{1,2}\.$"
)
_GERMAN_FIRST_WORD = re.compile(
    r"Ab|Aber|Alle|Alles|Als|Also|Am|An|Anschließend|Auch|Auf|Aus|Außerdem|Bei|Bis|Bitte|Brauchen|Da|Dabei|Dafür|Damit|Danach|Dann"
    r"|Darf|Darum|Das|Dazu|Deine?|Denn|Der|Deshalb|Die|Diese[rmns]?|Dort|Du|Ein|Eine[rmns]?|Er|Es|Falls|Für|Geht|Gern|Gerne|Gibt|Gut"
    r"|Haben|Hat|Heute|Hier|Ich|Ihre?|Im|In|Ist|Ja|Jede[rmns]?|Jetzt|Kann|Können|Könnten|Leider|Man|Mein|Meine|Mit|Möchten|Morgen|Müssen"
    r"|Nach|Nein|Nun|Nur|Ob|Oder|Okay|Ok|Passt|Seit|Sie|Sind|So|Soll|Sollen|Sonst|Super|Und|Unser|Unsere|Von|Vor|War|Waren|Wann|Warum|Was"
    r"|Weil|Welche[rmns]?|Wenn|Wer|Werden|Wie|Wieder|Willkommen|Wir|Wird|Wo|Wollen|Würden|Zu|Zum|Zur|Zuerst"
)
"""Words that begin a sentence after a number."""
_GERMAN_NEVER_A_NOUN = frozenset(
    [
        "Bitte",
        "Danach",
        "Dann",
        "Das",
        "Der",
        "Die",
        "Er",
        "Es",
        "Ich",
        "Ist",
        "Können",
        "Könnten",
        "Möchten",
        "Passt",
        "Sie",
        "Sind",
        "Soll",
        "Sollen",
        "Und",
        "Wann",
        "Was",
        "Wäre",
        "Welche",
        "Welcher",
        "Welches",
        "Wenn",
        "Wer",
        "Wie",
        "Wir",
        "Wo",
        "Würden",
    ]
)
"""Words that cannot be the noun of an ordinal."""
_OPEN_TAG = re.compile(
    r"""</?[A-Za-z][\w:-]*(?:\s+[\w:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))*(?:\s+(?:[\w:-]+(?:\s*=\s*(?:"[^"<>]*|'[^'<>]*)?)?)?)?/?$"""
)
_OPEN_LINK = re.compile(r"\[[^\[\]\n]{0,100}$|\]\([^()\s]*(?:\s[^()\n]{0,100})?$")
_MAX_TAG_CHARS = 300


def inside_markup(text: str) -> bool:
    """Whether the text ends within a tag or a link."""
    tail = text[-_MAX_TAG_CHARS:]
    return ("<" in tail and bool(_OPEN_TAG.search(tail))) or ("[" in tail and bool(_OPEN_LINK.search(tail)))


@cache
def sentence_rules(language: str) -> "SentenceRules":
    """Return the rules of a language tag."""
    return SentenceRules(language)


class SentenceRules:
    """The rules of one language for full stops after numbers and abbreviations."""

    def __init__(self, language: str) -> None:
        self._code = language.replace("_", "-").split("-")[0].lower()
        self._abbreviations: Abbreviations = abbreviations_of(language)

    def ends_sentence(self, text: str, end: int) -> bool | None:
        """Whether the mark before `end` ends a sentence; None if that depends on text that is still missing."""
        before = text[:end].rstrip(_EMPHASIS)
        if len(before) < end:
            # "**z. B.** heute": the marks of Markdown do not make it a sentence.
            text, end = before + text[end:], len(before)
        if inside_markup(before) or not before.strip() or _LIST_MARKER.fullmatch(before):
            return False
        if not before.endswith(".") or before.endswith(".."):
            return True
        return self._after_digit(text, end) if before[-2:-1].isdigit() else self._after_word(text, end)

    def ends_at_pause(self, text: str, end: int) -> bool | None:
        """Whether a clause may end at the comma or dash before `end`; None if it depends on missing text."""
        before = text[:end]
        if inside_markup(before) or _LIST_MARKER.fullmatch(before):
            return False
        if before.endswith((",", ":")) and before[-2:-1].isdigit():
            # "November 28, 2026" is one date, and "1, 2" one list.
            following = _next(text, end)
            return None if following is None else not following.isdigit()
        return True

    def _after_digit(self, text: str, end: int) -> bool | None:
        before = text[:end]
        if _INLINE_LIST_NUMBER.search(before):
            return False
        ordinal = _ORDINAL.search(before) or _ORDINAL_DATE.search(before)
        if self._code not in _ORDINAL_LANGUAGES or not ordinal:
            return True
        following = _next(text, end)
        if following is None:
            return None
        if not following.isupper():
            return False
        if self._code != "de":
            return True
        word = _NEXT_WORD.match(text, end)
        if _GERMAN_BEFORE_ORDINAL.search(before):
            # "am 5. Mai", but "Ich komme am 5. Bitte bestätigen Sie."
            if word is None:
                beginning = text[end:].strip()
                return (
                    None
                    if any(supported.startswith(beginning) for supported in _GERMAN_NEVER_A_NOUN)
                    else False
                )
            return word[1] in _GERMAN_NEVER_A_NOUN
        if word is None:
            return True if len(text) - end >= _LOOKAHEAD_CHARS else None
        # After any other word an ordinal is more likely: "3. Etage".
        return _GERMAN_FIRST_WORD.fullmatch(word[1]) is not None

    def _after_word(self, text: str, end: int) -> bool | None:
        found = _LAST_WORD.search(text, max(0, end - _LOOKAHEAD_CHARS), end)
        if found is None:
            return True
        word = found[1]
        table = self._abbreviations
        if word in table.before_number:
            following = _next(text, end)
            return None if following is None else not (following.isdigit() or following.islower())
        single = len(word) == 1 and word.isalpha()
        unit = single and _UNIT.search(text, max(0, end - _LOOKAHEAD_CHARS), end) is not None
        if unit or word in table.maybe_last:
            following = _next(text, end)
            return None if following is None else following.isupper()
        dotted = _DOTTED_LETTERS.fullmatch(word) is not None
        street = self._code == "de" and word.endswith("str")
        return not (word in table.inside or word.capitalize() in table.inside or dotted or single or street)


def _next(text: str, end: int) -> str | None:
    """The next character after white space and opening quotes; None if it is still missing."""
    found = _NEXT.match(text, end)
    return found[1] if found else None
