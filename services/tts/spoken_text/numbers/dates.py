"""Dates in numbers, and names of months with a day or a year. No I/O."""

import re
from functools import cache

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numbers.ordinals import german_ending
from services.tts.spoken_text.numerals import cardinal, ordinal, year

_ISO = re.compile(r"(?<![\w.,/-])(\d{4})-(\d{2})-(\d{2})(?:[T ]?(?=\d{2}:\d{2})|(?![\w/-]))")
_NUMERIC = re.compile(r"(?<![\w.,/-])(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?![\w/-])(?!\.\d)")
_DOTTED_SHORT = frozenset({"de", "da", "no"})
"""Languages in which 28.11. is a date."""
_ORDINAL_DAYS = frozenset({"de", "sv", "da", "no"})
_YEAR_FIRST = re.compile(r"(?<![\w.,/-])(\d{4})([./])(\d{1,2})\2(\d{1,2})(?![\w/-])(?!\.\d)")
_GERMAN_SHORT = re.compile(r"(?<![\w.,/-])(\d{1,2})\.(\d{1,2})\.(?![\w/-]|\d)")
_GERMAN_NO_DOT = re.compile(
    r"(?i)(?:(?<=\bam )|(?<=\bvom )|(?<=\bbis )|(?<=\bzum )|(?<=\bdem ))(\d{1,2})\.(\d{1,2})(?![\w./:,-])"
)
_VIETNAMESE_DAY = re.compile(r"(?i)\bngày\s+$")
_FIRST = {"fr": "premier", "it": "primo", "pt": "primeiro"}
_CENTURY_PIVOT = 50
_MONTHS = 12
_DAY_AND_MONTH = r"\s+)(?P<first>\d{1,2})/(?P<second>\d{1,2})(?![\w/%]|[.,:-]\d)"
_BEFORE_DAY_AND_MONTH = {
    "en": r"on|by|until|till|due|before|since|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?",
    "es": r"el|del|al|día|lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "fr": r"le|du|au|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "pt": r"dia|até|em|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?,?|sábado,?|domingo,?",
    "it": r"il|del|dal|al|entro il|giorno|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
    "nl": r"op|tot|vanaf|voor|van|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
    "sv": r"den|måndag(?:en)?|tisdag(?:en)?|onsdag(?:en)?|torsdag(?:en)?|fredag(?:en)?|lördag(?:en)?|söndag(?:en)?",
    "da": r"den|d\.|mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag",
    "id": r"tanggal|tgl|senin|selasa|rabu|kamis|jumat|sabtu|minggu",
    "vi": r"ngày|(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật),?",
}
"""Words after which 12/25 is a date and not a fraction or a score."""


def speak_dates(text: MappedText, language: Language) -> MappedText:
    """Replace dates that are certain."""
    text = text.sub(_ISO, lambda m: _date(int(m[3]), int(m[2]), m[1], language, m))
    text = text.sub(_YEAR_FIRST, lambda m: _date(int(m[4]), int(m[3]), m[1], language, m))
    text = text.sub(_NUMERIC, lambda m: _numeric(m, language))
    if (pattern := _day_and_month(language)) is not None:
        text = text.sub(pattern, lambda m: _without_year(m, language))
    if language.code in _DOTTED_SHORT:
        text = text.sub(_GERMAN_SHORT, lambda m: _short(m, language))
    if language.code == "de":
        text = text.sub(_GERMAN_NO_DOT, lambda m: _date(int(m[1]), int(m[2]), "", language, m))
    if language.code in _ORDINAL_DAYS:
        return text.sub(
            _ordinal_days(language),
            lambda m: _date(int(m[1]), _month(m[2], language), m[3] or "", language, m),
        )
    if language.code == "en":
        text = text.sub(_month_first(language), lambda m: _english_name(m, language))
        return text.sub(_day_first(language), lambda m: _english_name(m, language))
    if (first := _first_day(language)) is not None:
        text = text.sub(first, lambda m: [_FIRST[language.code], m.span("rest")])
    return text.sub(_short_names(language), lambda m: _short_name(m, language))


def _short(match: re.Match[str], language: Language) -> Replacement:
    """A date such as 28.11., whose last full stop may also end the sentence."""
    spoken = _date(int(match[1]), int(match[2]), "", language, match)
    if isinstance(spoken, str) and not match.string[match.end() :].strip():
        return f"{spoken}."
    return spoken


@cache
def _first_day(language: Language) -> re.Pattern[str] | None:
    """The first day of a month, which is an ordinal where other days are not: "le 1 mai"."""
    if language.code not in _FIRST or language.region == "PT":
        return None
    return re.compile(rf"(?i)(?<![\w.,:/-])1(?P<rest> (?:de )?(?:{'|'.join(language.words.months)})\b)")


def _numeric(match: re.Match[str], language: Language) -> Replacement:
    first, second, mark = int(match[1]), int(match[3]), match[2]
    if mark == "." and language.code == "en" and len(match[4]) == 2:
        return None
    month_first = language.month_first and mark != "."
    if first > 12 >= second:
        month_first = False
    elif second > 12 >= first:
        month_first = True
    day, month = (second, first) if month_first else (first, second)
    return _date(day, month, match[4], language, match)


@cache
def _day_and_month(language: Language) -> re.Pattern[str] | None:
    words = _BEFORE_DAY_AND_MONTH.get(language.code)
    return re.compile(rf"(?i)(?P<before>\b(?:{words}){_DAY_AND_MONTH}") if words else None


def _without_year(match: re.Match[str], language: Language) -> Replacement:
    first, second = int(match["first"]), int(match["second"])
    month_first = language.month_first if max(first, second) <= _MONTHS else second > _MONTHS
    day, month = (second, first) if month_first else (first, second)
    spoken = _date(day, month, "", language, match)
    if language.code == "vi" and isinstance(spoken, str) and match["before"].lower().startswith("ngày"):
        spoken = spoken.removeprefix("ngày ")
    return [match.span("before"), spoken] if isinstance(spoken, str) else None


def _date(day: int, month: int, year_text: str, language: Language, match: re.Match[str]) -> Replacement:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    name = language.words.months[month - 1]
    spoken_year = _year(year_text, language) if year_text else ""
    before = match.string[: match.start()]
    end = ", " if match.group().endswith(("T", " ")) else ""
    return _phrase(day, name, spoken_year, language, before) + end


def _phrase(day: int, name: str, spoken_year: str, language: Language, before: str) -> str:
    match language.code:
        case "en" if language.month_first:
            return f"{name} {ordinal(day, language)}" + (f", {spoken_year}" if spoken_year else "")
        case "en":
            article = "" if re.search(r"(?i)\bthe\s+$", before) else "the "
            return f"{article}{ordinal(day, language)} of {name}" + (
                f", {spoken_year}" if spoken_year else ""
            )
        case "de":
            text = f"{ordinal(day, language, german_ending(before, name))} {name}"
        case "es" | "pt":
            first = {"es": "uno", "pt": "primeiro"}[language.code]
            text = f"{first if day == 1 else cardinal(day, language)} de {name}"
            return f"{text} de {spoken_year}" if spoken_year else text
        case "sv" | "da" | "no":
            text = f"{ordinal(day, language)} {name}"
        case "it":
            text = f"{'primo' if day == 1 else cardinal(day, language)} {name}"
        case "vi":
            text = f"{'' if re.search(_VIETNAMESE_DAY, before) else 'ngày '}{cardinal(day, language)} {name}"
            return f"{text} năm {spoken_year}" if spoken_year else text
        case "fr":
            text = f"{'premier' if day == 1 else cardinal(day, language)} {name}"
        case _:
            text = f"{cardinal(day, language)} {name}"
    return f"{text} {spoken_year}" if spoken_year else text


def _year(text: str, language: Language) -> str:
    value = int(text)
    if len(text) == 2:
        value += 2000 if value < _CENTURY_PIVOT else 1900
    return year(value, language)


def _month(name: str, language: Language) -> int:
    lowered = name.lower().rstrip(".")
    for number, full in enumerate(language.words.months, 1):
        if full.lower() == lowered:
            return number
    return language.words.month_prefixes.get(lowered, 0)


def _names(language: Language) -> str:
    full = "|".join(language.words.months)
    short = "|".join(sorted((p.capitalize() for p in language.words.month_prefixes), key=len, reverse=True))
    return rf"(?:{full}|(?:{short})\b\.?)"


@cache
def _month_first(language: Language) -> re.Pattern[str]:
    return re.compile(
        rf"\b(?P<month>{_names(language)}) (?:(?P<day>\d{{1,2}})(?P<suffix>st|nd|rd|th)?(?!\d|[:.,]\d|\s?(?:%|[ap]\.?m\b)|-\d)(?:,? (?P<year>\d{{4}})\b)?"
        rf"|(?P<only>[12]\d{{3}})\b)"
    )


@cache
def _day_first(language: Language) -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,:/-])(?P<day>\d{{1,2}})(?P<suffix>st|nd|rd|th)?(?: of)? (?P<month>{_names(language)})(?![\w])(?:,? (?P<year>\d{{4}})\b)?(?P<only>(?!))?"
    )


def _english_name(match: re.Match[str], language: Language) -> Replacement:
    month = _month(match["month"], language)
    name = language.words.months[month - 1] if month else match["month"]
    if match["only"]:
        return f"{name} {year(int(match['only']), language)}"
    day = int(match["day"])
    if not 1 <= day <= 31:
        return None
    spoken_year = f", {year(int(match['year']), language)}" if match["year"] else ""
    if match.start("day") < match.start("month"):
        article = "" if re.search(r"(?i)\b(?:the|\w+day,?)\s+$", match.string[: match.start()]) else "the "
        return f"{article}{ordinal(day, language)} of {name}{spoken_year}"
    return f"{name} {ordinal(day, language)}{spoken_year}"


@cache
def _ordinal_days(language: Language) -> re.Pattern[str]:
    """A day that is an ordinal before the name of its month: "28. November", "28 november"."""
    names = _names(language) if language.code == "de" else rf"(?i:{_names(language)})"
    mark = r"\. ?" if language.code == "de" else r"(?:\. ?| )"
    return re.compile(rf"(?<![\w.,/-])(\d{{1,2}}){mark}({names})(?![\w-])(?: (\d{{4}})\b)?")


@cache
def _short_names(language: Language) -> re.Pattern[str]:
    """An abbreviated month after a day: "28 nov", "28 de nov."."""
    short = "|".join(sorted(language.words.month_prefixes, key=len, reverse=True)) or "(?!)"
    return re.compile(
        rf"(?i)(?<![\w.,:/-])(\d{{1,2}})[°º]?( (?:de )?)({short})\b\.?(?! ?\()(?:( (?:de(?:l)? )?)(\d{{4}})\b)?"
    )


def _short_name(match: re.Match[str], language: Language) -> Replacement:
    month = _month(match[3], language)
    if not month or not 1 <= int(match[1]) <= 31:
        return None
    return _phrase(
        int(match[1]),
        language.words.months[month - 1],
        _year(match[5], language) if match[5] else "",
        language,
        "",
    )
