"""Dates and times of day from what callers say, with CLDR's names of months and days. No I/O, no clock."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from functools import cache
from typing import Any, TypeAlias

from babel import Locale, UnknownLocaleError

from services.brain.collecting.problem import ValueProblem

_NameTables: TypeAlias = Callable[[Locale], Mapping[str, Mapping[str, Mapping[Any, str]]]]
"""Names by context and width, as CLDR has them."""

_NEXT = r"(?:next|kommenden?|nächsten?|próxim[oa]|prochaine?|prossim[oa]|volgende)"
_TODAY = r"today|tonight|heute|hoy|aujourd(?:'|\u2019)hui|hoje|oggi|vandaag|आज"
_TOMORROW = r"tomorrow|morgen|mañana|demain|amanhã|domani"
_AFTER_TOMORROW = (
    r"(?:the )?day after tomorrow|übermorgen|pasado mañana|après-demain|depois de amanhã|dopodomani"
    r"|overmorgen"
)
_YESTERDAY = r"yesterday|gestern|ayer|hier|ontem|ieri|gisteren"
_OFFSETS = ((_AFTER_TOMORROW, 2), (_TOMORROW, 1), (_TODAY, 0), (_YESTERDAY, -1))
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:t\d\d:\d\d\S*)?")
"""A date, perhaps with a time of day."""
_NUMERIC = re.compile(r"(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}|\d{2}))?\.?")
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th|er|º|ª|\.)?"
_YEAR = r"(?:[\s,]+(?:de |del |')?(\d{4}|\d{2}))?"
_MONTH_FIRST = frozenset({"US", "PH", "CA"})
"""Regions that write the month first."""
_CENTURY_PIVOT_YEARS = 20
"""A year of two digits lies at most this far in the future: 30 is 2030, 85 is 1985."""

_CLOCK = re.compile(
    r"(?:at |um |a las? |à |às |alle )?(\d{1,2})"
    r"(?:\s*[:.h]\s*(\d{2})(?::\d{2})?|\s*(?:uhr|h|heures?|horas?)\s*(\d{2})?)?"
    r"\s*(?:uhr|h|o'clock|hours?)?\s*(a\.?m\.?|p\.?m\.?|in the (?:morning|afternoon|evening)"
    r"|(?:de la|da|du) (?:mañana|manhã|matin)"
    r"|(?:de la|da|de l'|du) ?(?:tarde|noche|noite|après-midi|soir))?",
    re.IGNORECASE,
)
_MORNING = frozenset(("am", "in the morning", "de la mañana", "da manhã", "du matin"))
_NAMED_TIMES = {
    "noon": "12:00",
    "midday": "12:00",
    "midnight": "00:00",
    "mittag": "12:00",
    "mediodía": "12:00",
    "midi": "12:00",
    "meio-dia": "12:00",
    "meio dia": "12:00",
    "mezzogiorno": "12:00",
    "mitternacht": "00:00",
    "medianoche": "00:00",
    "minuit": "00:00",
    "meia-noite": "00:00",
    "meia noite": "00:00",
    "mezzanotte": "00:00",
}


def normalize_date(text: str, language: str, region: str, today: date) -> str:
    """Return a date in ISO 8601; relative ones count from `today`.

    Raises:
        ValueProblem: it cannot be read as a date.
    """
    words = " ".join(text.casefold().replace(",", " ").split())
    found = _iso(words) or _relative(words, language, today) or _named(words, language, today)
    found = found or _numeric(words, language, region, today)
    if found is None:
        raise ValueProblem("is not a date; pass it as YYYY-MM-DD, after asking the caller if it is not clear")
    return found.isoformat()


def normalize_time(text: str) -> str:
    """Return a time of day as HH:MM.

    Raises:
        ValueProblem: it is no time of day.
    """
    words = " ".join(text.casefold().split())
    if words in _NAMED_TIMES:
        return _NAMED_TIMES[words]
    match = _CLOCK.fullmatch(words)
    if match is None:
        raise ValueProblem("is not a time of day; pass it as HH:MM in 24 hours")
    hour, minute, half = int(match[1]), int(match[2] or match[3] or 0), (match[4] or "").replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueProblem("is not a time of day; pass it as HH:MM in 24 hours")
        hour = hour % 12 + (0 if half in _MORNING else 12)
    try:
        return time(hour, minute).strftime("%H:%M")
    except ValueError:
        raise ValueProblem("is not a time of day; pass it as HH:MM in 24 hours") from None


def _iso(words: str) -> date | None:
    match = _ISO.fullmatch(words)
    return _date(int(match[1]), int(match[2]), int(match[3])) if match else None


def _relative(words: str, language: str, today: date) -> date | None:
    for pattern, days in _OFFSETS:
        if re.fullmatch(pattern, words):
            return today + timedelta(days=days)
    is_next = bool(re.match(rf"{_NEXT}\b", words))
    bare = re.sub(
        rf"^(?:(?:on|this|am|diesen|este|el|le|ce|la|il|{_NEXT}) )+|(?:-feira| {_NEXT})$", "", words
    )
    weekday = _weekdays(language).get(bare.strip())
    if weekday is None:
        return None
    days = (weekday - today.weekday()) % 7
    if is_next and language.startswith("en"):
        # "Next Tuesday" is that of the next calendar week; models and callers mean it so.
        days = 7 - today.weekday() + weekday
    return today + timedelta(days=days or 7)


def _named(words: str, language: str, today: date) -> date | None:
    months = _months(language)
    names = "|".join(sorted(map(re.escape, months), key=len, reverse=True))
    day_first = rf"(?:[^\W\d]+ )??(?:the |den |der |el |le )?{_ORDINAL}\s*(?:of |de )?({names})\.?{_YEAR}"
    month_first = rf"(?:[^\W\d]+ )??({names})\.? (?:the )?{_ORDINAL}{_YEAR}"
    if match := re.fullmatch(day_first, words):
        day, month, year = int(match[1]), months[match[2]], match[3]
    elif match := re.fullmatch(month_first, words):
        day, month, year = int(match[2]), months[match[1]], match[3]
    else:
        return None
    found = _with_year(year, month, day, today)
    weekdays = _weekdays(language)
    named = next((weekdays[word] for word in words.split() if word in weekdays), None)
    if found is not None and named not in (None, found.weekday()):
        raise ValueProblem("does not fall on that weekday; ask the caller which of the two is meant")
    return found


def _numeric(words: str, language: str, region: str, today: date) -> date | None:
    match = _NUMERIC.fullmatch(words)
    if match is None:
        return None
    first, second = int(match[1]), int(match[2])
    month_first = "/" in words and region in _MONTH_FIRST and language.startswith("en")
    month, day = (first, second) if month_first else (second, first)
    if month > 12 >= day:
        month, day = day, month
    return _with_year(match[3], month, day, today)


def _with_year(year: str | None, month: int, day: int, today: date) -> date | None:
    if year and len(year) == 4:
        return _date(int(year), month, day)
    if year:
        full = today.year // 100 * 100 + int(year)
        return _date(full - 100 if full > today.year + _CENTURY_PIVOT_YEARS else full, month, day)
    this_year = _date(today.year, month, day)
    # Without a year, the next such day is meant; 29 February may be years away.
    if this_year is not None and this_year >= today:
        return this_year
    later = (_date(today.year + n, month, day) for n in range(1, 9))
    return next((found for found in later if found is not None), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months(language: str) -> Mapping[str, int]:
    """Names of months with their numbers, in the language and in English."""
    return _names(language, lambda locale: locale.months)


@cache
def _weekdays(language: str) -> Mapping[str, int]:
    """Names of weekdays with their numbers from Monday = 0, in the language and in English."""
    return _names(language, lambda locale: locale.days)


def _names(language: str, tables: _NameTables) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for locale in (locale_of("en"), locale_of(language)):
        for forms in tables(locale).values():
            for width in ("wide", "abbreviated"):
                for number, name in forms.get(width, {}).items():
                    found[str(name).casefold().rstrip(".")] = int(number)
    return found


@cache
def locale_of(language: str) -> Locale:
    """Return the locale of a language; English for one that CLDR does not know."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError, TypeError):
        return Locale("en")
