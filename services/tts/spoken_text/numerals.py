"""Reads numbers in the notation of a language, and writes them in words. No I/O."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from unicode_rbnf import RbnfEngine

from services.tts.spoken_text.language import Language

WORD_END = r"(?![\w\u0900-\u0dff])"
"""The end of a word. `\\b` finds none after a vowel sign of an Indian script, and one before it."""

NUMBER = r"\d{1,3}(?:[.,'’\u00a0\u202f\u2009]\d{2,3})+(?:[.,]\d+)?(?!\d)|\d{1,3}(?:[ ]\d{3})+(?:,\d+)?(?![\d ]*\d)|\d+(?:[.,]\d+)?"
"""A number with group and decimal separators."""
_MAX_DIGITS = 15
_SPACES = " \u00a0\u202f\u2009"
_NUMBERING = ("spellout-numbering", "spellout-cardinal")
_DECIMALS_AS_NUMBER = frozenset({"es", "fr", "pt", "it", "nl", "tr"})
_RULES = {
    "sv": {"feminine": "reale", "masculine": "neuter"},
    "no": {"feminine": "reale", "masculine": "neuter"},
    "da": {"feminine": "common", "masculine": "neuter"},
}
"""Names in CLDR of the two genders."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as its digits."""

    integer: int
    fraction: str = ""
    """Digits after the decimal separator."""
    dotted: bool = False
    """Whether the separator is not the language's decimal separator, as in "version 3.5" in German."""

    @property
    def is_one(self) -> bool:
        """Whether a noun after it is singular."""
        return self.integer == 1 and not self.fraction


def supports(language: Language) -> bool:
    """Whether numbers can be written in words of the language."""
    return bool(language.words.decimal)


def parse_number(text: str, language: Language) -> Number | None:
    """Read a number; None if it is ambiguous or not a number."""
    text = text.translate({ord(space): " " for space in _SPACES}).replace("’", "'")
    if len(re.sub(r"\D", "", text)) > _MAX_DIGITS:
        return None
    if " " in text and language.code == "en":
        return None
    decimal = language.decimal
    group = "," if decimal == "." else "."
    if language.code in ("de", "it") and language.region in ("CH", "LI"):
        group = "'"
    marks = re.sub(r"[\d]", "", text)
    if not marks:
        return Number(int(text))
    integer, separator, fraction = _split(text, decimal, group)
    if integer is None:
        return None
    digits = re.sub(r"\D", "", integer)
    return Number(int(digits), fraction, dotted=bool(separator) and separator != decimal)


def _split(text: str, decimal: str, group: str) -> tuple[str | None, str, str]:
    """Return the integer, the decimal separator, and the fraction; None for an ambiguous number."""
    marks = re.sub(r"[\d]", "", text)
    last = marks[-1]
    if last in ".," and marks.count(last) == 1:
        integer, _, fraction = text.rpartition(last)
        others = set(marks[:-1])
        if last == decimal:
            return (integer if _grouped(integer, others) else None), last, fraction
        if others:
            # Two kinds of separators: the last one is the decimal separator, whatever the language.
            return (integer if _grouped(integer, others) else None), decimal, fraction
        if last == group and len(fraction) == 3 and len(integer) <= 3 and not integer.startswith("0"):
            return text, "", ""
        if last == "." and group == ".":
            return integer, ".", fraction
        if last == "." and len(fraction) != 3:
            return integer, ".", fraction
        return None, "", ""
    return (text if _grouped(text, set(marks)) else None), "", ""


def _grouped(integer: str, marks: set[str]) -> bool:
    """Whether an integer is divided in the European, the English or the Indian way."""
    if not marks:
        return True
    if len(marks) > 1:
        return False
    mark = re.escape(next(iter(marks)))
    return bool(
        re.fullmatch(rf"\d{{1,3}}(?:{mark}\d{{3}})+|\d{{1,2}}(?:{mark}\d{{2}})*{mark}\d{{3}}", integer)
    )


@cache
def _engine(code: str) -> RbnfEngine:
    return RbnfEngine.for_language(code)


@lru_cache(maxsize=4096)
def _spell(code: str, value: int, rules: tuple[str, ...]) -> str:
    engine = _engine(code)
    name = next((rule for rule in rules if rule in engine.rulesets), "")
    if not name:
        return str(value)
    result = engine.format_number(value, ruleset_names=[name])
    return result.text_by_ruleset[name].replace("\u00ad", "")


def cardinal(value: int, language: Language, gender: str = "") -> str:
    """An integer in words; `gender` is `masculine`, `feminine` or empty for counting."""
    if value < 0:
        return f"{language.words.minus} {cardinal(-value, language, gender)}"
    if language.code == "nl" and value == 1:
        # Without accents it is the article.
        return "één"
    if language.code in ("it", "da") and gender and value != 1:
        # Only one has genders: "ventuno giorni", "enogtyve kroner".
        gender = ""
    if language.is_british:
        return _spell(language.code, value, ("spellout-numbering-verbose",))
    rules = (f"spellout-cardinal-{_RULES.get(language.code, {}).get(gender, gender)}", *_NUMBERING)
    return _spell(language.spelling, value, rules if gender else _NUMBERING)


def ordinal(value: int, language: Language, form: str = "") -> str:
    """An ordinal in words; `form` is the ending of its rule in CLDR, such as `-feminine` or `-n`."""
    form = form or {"sv": "-reale", "da": "-common"}.get(language.code, "")
    spoken = _spell(
        language.spelling,
        value,
        (f"spellout-ordinal{form}", "spellout-ordinal", "spellout-ordinal-masculine"),
    )
    # CLDR's rule for 21st and 31st is wrong in Danish.
    return spoken.replace("etog", "enog") if language.code == "da" else spoken


def year(value: int, language: Language) -> str:
    """A year in words."""
    if language.code == "en" and 2000 < value < 2010:
        return cardinal(value, language)
    if language.code in ("en", "de", "nl", "sv") or (language.code in ("da", "no") and value < 2000):
        return _spell(language.spelling, value, ("spellout-numbering-year",))
    return cardinal(value, language)


def digits(text: str, language: Language) -> str:
    """Digits one by one."""
    if names := language.words.digits:
        return " ".join(names[int(digit)] for digit in text if digit.isdigit())
    return " ".join(cardinal(int(digit), language) for digit in text if digit.isdigit())


def in_words(number: Number, language: Language, gender: str = "") -> str:
    """A number in words, its fraction digit by digit or as a number, as is usual in the language."""
    if not number.fraction:
        return cardinal(number.integer, language, gender)
    mark = language.words.dot if number.dotted and language.decimal == "," else language.words.decimal
    fraction = number.fraction
    as_number = language.code in _DECIMALS_AS_NUMBER and fraction[0] != "0" and len(fraction) <= 2
    spoken = cardinal(int(fraction), language) if as_number else digits(fraction, language)
    return f"{cardinal(number.integer, language)} {mark} {spoken}"
