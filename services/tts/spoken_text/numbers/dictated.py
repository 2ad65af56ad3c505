"""Numbers that are dictated digit by digit, and dates in digits, in languages without words for the rest. No I/O."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import digits

_UNSPACED = frozenset({"ja", "zh", "ko"})
"""Languages in which a letter may touch a number: "電話は03-1234-5678です"."""
_YEAR_WORDS = {"ru": ("г.", "года"), "uk": ("р.", "року"), "bg": ("г.", "година")}
"""How CLDR abbreviates the word for year, and the word."""
_SEPARATOR = r"[ \u00a0\u202f./()–-]"
_MIN_PHONE_DIGITS = 8
_MAX_PHONE_DIGITS = 15


@dataclass(frozen=True, slots=True)
class _Patterns:
    iso_date: re.Pattern[str]
    date: re.Pattern[str]
    year_first: re.Pattern[str]
    phone: re.Pattern[str]
    card: re.Pattern[str]
    mixed: re.Pattern[str]
    after_context: re.Pattern[str]


def speak_dictated(text: MappedText, language: Language) -> MappedText:
    """Replace dates, telephone and card numbers, and codes; what may be a quantity keeps its digits."""
    patterns = _patterns(language)
    text = text.sub(patterns.iso_date, lambda m: _date(m[3], m[2], m[1], language))
    text = text.sub(patterns.date, lambda m: _date(m[1], m[3], m[4], language))
    text = text.sub(patterns.year_first, lambda m: _date(m[4], m[3], m[1], language))
    text = text.sub(patterns.phone, lambda m: _phone(m, language))
    text = text.sub(patterns.card, lambda m: _grouped(m.group(), language))
    text = text.sub(patterns.mixed, lambda m: _mixed(m.group(), language))
    return text.sub(patterns.after_context, lambda m: [m.span("before"), _grouped(m["code"], language)])


@cache
def _patterns(language: Language) -> _Patterns:
    flags = re.ASCII if language.code in _UNSPACED else re.NOFLAG
    start, end = r"(?<![\w.,:/+-])", r"(?![\w/%]|[.,:-]\d)"

    def pattern(text: str) -> re.Pattern[str]:
        return re.compile(text, flags)

    return _Patterns(
        iso_date=pattern(r"(?<![\w.,/-])(\d{4})-(\d{2})-(\d{2})(?![\w/-])"),
        date=pattern(r"(?<![\w.,/-])(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?![\w/-])(?!\.\d)"),
        year_first=pattern(r"(?<![\w.,/-])(\d{4})([./])(\d{1,2})\2(\d{1,2})(?![\w/-])(?!\.\d)\.?"),
        phone=pattern(
            rf"{start}(?:\+\d(?:{_SEPARATOR}{{0,2}}\d){{6,14}}|\(?0\d{{1,4}}\)?(?:{_SEPARATOR}{{1,2}}\d{{2,8}}){{1,4}}"
            rf"|0\d{{8,10}}|\d{{2,4}}-\d{{3,4}}-\d{{4}}|\d{{3}}-\d{{3}}-\d{{3}}(?:-\d{{2,3}})?|\d{{3}} \d{{3}} \d{{3}}(?! ?[^\W\d_€$£₽₴]| \d)){end}"
        ),
        card=pattern(rf"{start}\d{{4}}(?:[ -]\d{{4}}){{2,3}}{end}"),
        mixed=pattern(
            r"(?<![\w.,:/@-])(?=[A-Z-]*\d)[A-Z]{1,4}-?\d{3,}(?:-?[A-Z\d]+)*(?![\w@/-])|(?<![\w.,:/@-])[A-Z]{2}\d{2}(?: [A-Z\d]{4}){3,7}(?: [A-Z\d]{1,3})?(?![\w-])"
        ),
        after_context=re.compile(
            rf"(?i)(?P<before>(?<!\w)(?:{language.words.digit_contexts})\b(?: (?:to|jest|je|este|είναι|on|az|yra)\b)?\s?[:：=#№–—-]?\s?[\"'“„«「]?)(?P<code>[0-9]{{3,}}(?:[ -][0-9]{{2,}})*)(?![0-9A-Za-z/%]|[.,:][0-9])"
            if language.code not in _UNSPACED
            else rf"(?P<before>(?:{language.words.digit_contexts})\s?[:：=#]?\s?[\"“「]?)(?P<code>[0-9]{{3,}}(?:[ -][0-9]{{2,}})*)(?![0-9A-Za-z/%]|[.,:][0-9])"
        ),
    )


def _date(day: str, month: str, year: str, language: Language) -> Replacement:
    """The date as CLDR writes it with the name of its month: "28 listopada 2026"."""
    try:
        spoken = format_date(
            date(int(year), int(month), int(day)), "long", locale=Locale.parse(language.code)
        )
    except (ValueError, UnknownLocaleError):
        return None
    abbreviation, word = _YEAR_WORDS.get(language.code, ("", ""))
    # CLDR writes spaces that do not break.
    return " ".join((spoken.replace(abbreviation, word) if word else spoken).split())


def _phone(match: re.Match[str], language: Language) -> Replacement:
    count = sum(map(str.isdigit, match.group()))
    if not _MIN_PHONE_DIGITS <= count <= _MAX_PHONE_DIGITS:
        return None
    prefix = f"{language.words.plus} " if match.group().startswith("+") else ""
    return prefix + _grouped(match.group(), language)


def _grouped(code: str, language: Language) -> str:
    """Digits one by one, in the groups in which they are written."""
    comma = "、" if language.code in ("ja", "zh") else "، " if language.code == "ar" else ", "
    return comma.join(digits(group, language) for group in re.findall(r"\d+", code))


def _mixed(code: str, language: Language) -> str:
    """Letters stay, digits are read one by one: BK-20419."""
    parts = re.findall(r"[A-Z]+|\d+", code)
    return " ".join(digits(part, language) if part.isdigit() else part for part in parts)
