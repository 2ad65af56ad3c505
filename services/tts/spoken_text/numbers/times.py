"""Times of day. No I/O."""

import re
from functools import cache

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import cardinal

_HALF_DAY = r"(?:\s?(?P<half>[aApP])(?:\.\s?[mM]\.?|[mM]\b\.?))"
_CLOCK = re.compile(
    rf"(?<![\w.,:/])(?P<hour>\d{{1,2}}):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:\.\d+)?)?(?![\d:])(?:{_HALF_DAY}|\s?(?:hrs?|hs|h)\b\.?(?=[\s,;.!?)]|$))?"
)
_HOUR = re.compile(rf"(?<![\w.,:/$€£])(?P<hour>\d{{1,2}})(?:\.(?P<minute>[0-5]\d))?{_HALF_DAY}")
_GERMAN = re.compile(
    r"(?<![\w.,:/])(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))?(?::\d\d)?(?:\s*(?P<word>Uhr))\b"
)
_GERMAN_RANGE = re.compile(
    r"(?<![\w.,:/])(?P<hour>\d{1,2})(?:[.](?P<minute>[0-5]\d))(?=\s*(?:[-–]|bis)\s*\d{1,2}[.:][0-5]\d\s*Uhr)"
)
_H = re.compile(r"(?<![\w.,:/])(?P<hour>\d{1,2})\s?[hH](?:\s?(?P<minute>[0-5]\d))?(?:\s?min)?(?![\w])")
_DOTTED = {
    "it": r"(?:alle|dalle|ore|le|all['’]|per le|verso le)",
    "nl": r"(?:om|vanaf|rond)",
    "sv": r"(?:kl\.?|klockan)",
    "da": r"(?:kl\.?|klokken)",
    "no": r"(?:kl\.?|klokka|klokken)",
    "tr": r"(?:saat)",
    "id": r"(?:pukul|jam|pkl\.?)",
}
"""Words before a time of day with a full stop, as in "kl. 14.30"."""
_CLOCK_WORDS = {"sv": "klockan", "da": "klokken", "no": "klokken", "id": "pukul"}
_DUTCH = re.compile(r"(?<![\w.,:/$€£])(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)\s+uur\b")
_DUTCH_RANGE = re.compile(
    r"(?<![\w.,:/$€£])(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?=\s*(?:[-–]|tot|en)\s*\d{1,2}[.:][0-5]\d\s+uur\b)"
)
_HOURS = re.compile(
    r"(?<![\w.,:/-])(?P<hour>\d{1,2})\.(?P<minute>[0-5]\d) ?[-–] ?(?P<hour2>\d{1,2})\.(?P<minute2>[0-5]\d)(?! uur|[\w/%]|[.,:-]?\d)"
)
_VIETNAMESE = re.compile(r"(?<![\w.,:/])(?P<hour>\d{1,2})\s?(?:h|giờ)\s?(?P<minute>[0-5]\d)(?![\w:])")
_AFTER_HOURS = re.compile(r"\s*(?:h|hs|hrs|horas|heures?|Uhr|बजे)(?!\w)\.?")
_DURATION_BEFORE = re.compile(r"(?i)(?:durée|pendant|dure|durante|duración|dura|duração|en|dans|in|em)\s+$")
_ROUND_THE_CLOCK = re.compile(r"(?<![\w.,/])(24|7)\s?([hj])\s?/\s?\1(?![\w/])")
_ZONE = re.compile(r"\b(UTC|GMT)\s?([+−-])\s?(\d{1,2})(?::?([0-5]\d))?(?!\d)")
_ZULU = re.compile(r"(?<=\d:\d\d)Z\b")


def speak_marked_times(text: MappedText, language: Language) -> MappedText:
    """Replace times that a full stop divides and a word or a range marks, which could be dates."""
    if (dotted := _dotted(language)) is None:
        return text
    text = text.sub(dotted, lambda m: _after_word(m, language))
    return text.sub(_HOURS, lambda m: _hours(m, language)) if language.decimal == "," else text


def _hours(match: re.Match[str], language: Language) -> Replacement:
    if int(match["hour"]) > 24 or int(match["hour2"]) > 24:
        return None
    first = _plain(int(match["hour"]), int(match["minute"]), language)
    return f"{first} {language.words.to} {_plain(int(match['hour2']), int(match['minute2']), language)}"


def speak_times(text: MappedText, language: Language) -> MappedText:
    """Replace times of day."""
    text = text.sub(_ZULU, lambda _: " UTC").sub(_ZONE, lambda m: _zone(m, language))
    if language.code == "de":
        text = text.sub(_GERMAN_RANGE, lambda m: _time(m, language))
        text = text.sub(_GERMAN, lambda m: _time(m, language))
    if language.code == "fr":
        text = text.sub(_ROUND_THE_CLOCK, lambda m: _round_the_clock(m, language))
    if language.code in ("fr", "pt", "es"):
        text = text.sub(_H, lambda m: _time(m, language))
    if language.code == "nl":
        text = text.sub(_DUTCH_RANGE, lambda m: _time(m, language)).sub(_DUTCH, lambda m: _time(m, language))
    if language.code == "vi":
        text = text.sub(_VIETNAMESE, lambda m: _time(m, language))
    text = text.sub(_CLOCK, lambda m: _clock(m, language))
    if language.code in ("en", "es", "pt", "hi"):
        text = text.sub(
            _HOUR, lambda m: _clock(m, language) if language.code != "en" or int(m["hour"]) <= 23 else None
        )
    return text


@cache
def _dotted(language: Language) -> re.Pattern[str] | None:
    words = _DOTTED.get(language.code)
    return (
        re.compile(
            rf"(?i)(?<!\w)(?P<word>{words})(?P<space>\s*)(?P<hour>\d{{1,2}})(?:[.:](?P<minute>[0-5]\d))?(?![\w/%]|[.,:]?\d|\s?(?:€|euro|kr|uur))"
            rf"(?P<end>\s?[-–]\s?(?P<hour2>\d{{1,2}})(?:[.:](?P<minute2>[0-5]\d))?(?![\w/%]|[.,:]?\d))?"
        )
        if words
        else None
    )


def _after_word(match: re.Match[str], language: Language) -> Replacement:
    """A time after a word such as "kl.", which is written in full."""
    if int(match["hour"]) > 24 or int(match["hour2"] or 0) > 24:
        return None
    word = match["word"]
    if language.code not in _CLOCK_WORDS and not match["minute"]:
        return None
    if word.lower().rstrip(".") in ("kl", "pkl"):
        word = _CLOCK_WORDS[language.code]
    spoken = _plain(int(match["hour"]), int(match["minute"] or 0), language)
    until = ""
    if match["end"]:
        to = "alle" if word.lower() == "dalle" else language.words.to
        until = f" {to} {_plain(int(match['hour2']), int(match['minute2'] or 0), language)}"
    return f"{word}{match['space']}{spoken}{until}"


def _round_the_clock(match: re.Match[str], language: Language) -> str:
    count, unit = _n(int(match[1]), language), "heures" if match[2] == "h" else "jours"
    return f"{count} {unit} sur {count}"


def _clock(match: re.Match[str], language: Language) -> Replacement:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24:
        return None
    half = match["half"] or ""
    if not half:
        spoken = _time(match, language)
        ends = match.group().endswith(".") and not match.string[match.end() :].strip()
        return f"{spoken}." if ends and isinstance(spoken, str) else spoken
    stop = (
        "."
        if match.group().endswith(".") and re.match(r"\s*$|\s+[A-ZÁÉÍÓÚ¿¡]", match.string[match.end() :])
        else ""
    )
    return f"{_with_half_day(hour, minute, half, language)}{stop if language.code != 'en' else ''}"


def _with_half_day(hour: int, minute: int, half: str, language: Language) -> str:
    if language.code == "en":
        minutes = (
            "" if not minute else f" oh {_n(minute, language)}" if minute < 10 else f" {_n(minute, language)}"
        )
        return f"{_n(hour, language)}{minutes} {half.lower()}.m."
    if language.code == "es":
        part = (
            "de la mañana" if half in "aA" else "de la tarde" if hour in (12, *range(1, 8)) else "de la noche"
        )
        return f"{_plain(hour, minute, language)} {part}"
    if language.code == "pt":
        part = "da manhã" if half in "aA" else "da tarde" if hour in (12, *range(1, 7)) else "da noite"
        return f"{_plain(hour, minute, language)} {part}"
    return f"{_plain(hour, minute, language)} {half.upper()}M"


def _time(match: re.Match[str], language: Language) -> Replacement:
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if hour > 24 or minute > 59:
        return None
    seconds = match.groupdict().get("second")
    text = _plain(hour, minute, language)
    if seconds and int(seconds) and language.code == "en":
        text += f" and {_n(int(seconds), language)} seconds"
    return text


def _plain(hour: int, minute: int, language: Language) -> str:
    match language.code:
        case "en":
            return _english(hour, minute, language)
        case "de":
            hours = "ein" if hour == 1 else _n(hour, language)
            return f"{hours} Uhr {_n(minute, language)}" if minute else f"{hours} Uhr"
        case "fr":
            hours = f"{_n(hour, language, 'feminine')} {'heure' if hour < 2 else 'heures'}"
            return f"{hours} {_n(minute, language, 'feminine')}" if minute else hours
        case "es":
            return (
                f"{_n(hour, language, 'feminine')} y {_n(minute, language)}"
                if minute
                else _n(hour, language, "feminine")
            )
        case "pt":
            hours = _n(hour, language, "feminine")
            return (
                f"{hours} e {_n(minute, language)}"
                if minute
                else f"{hours} {'hora' if hour < 2 else 'horas'}"
            )
        case "hi":
            return (
                f"{_n(hour, language)} बजकर {_n(minute, language)} मिनट"
                if minute
                else f"{_n(hour, language)} बजे"
            )
        case _:
            return _with_word(hour, minute, language)


def _with_word(hour: int, minute: int, language: Language) -> str:
    """Hour and minute with the word that stands between them, if there is one."""
    hours = "una" if hour == 1 and language.code == "it" else _n(hour, language)
    word = {"it": "e", "nl": "uur", "vi": "giờ"}.get(language.code, "")
    if not minute:
        return f"{hours} {word}" if word in ("uur", "giờ") else hours
    word = word or (_n(0, language) if minute < 10 else "")
    return f"{hours} {word} {_n(minute, language)}" if word else f"{hours} {_n(minute, language)}"


def _english(hour: int, minute: int, language: Language) -> str:
    if not minute:
        if hour in (0, 24):
            return "midnight"
        return f"{_n(hour, language)} o'clock" if hour <= 12 else f"{_n(hour, language)} hundred"
    if minute < 10:
        return f"{_n(hour, language)} oh {_n(minute, language)}"
    return f"{_n(hour, language)} {_n(minute, language)}"


def _n(value: int, language: Language, gender: str = "") -> str:
    return cardinal(value, language, gender)


def _zone(match: re.Match[str], language: Language) -> Replacement:
    sign = language.words.plus if match[2] == "+" else language.words.minus
    minutes = f" {_n(int(match[4]), language)}" if match[4] and int(match[4]) else ""
    return f"{match[1]} {sign} {_n(int(match[3]), language)}{minutes}"


def remove_hour_words(text: MappedText) -> MappedText:
    """Drop a word that repeats what a spoken time contains: "नौ बजे बजे"."""
    return text.sub(
        re.compile(r"(मिनट|बजे) (?:बजे|baje)(?!\w)|\b(horas?|heures?) (?:h|hs|horas?|heures?)\b"),
        lambda m: [m.span(1 if m[1] else 2)],
    )
