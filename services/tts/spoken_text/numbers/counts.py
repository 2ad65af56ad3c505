"""Plain numbers: years, ranges, fractions, numbers after signs, integers and decimals. No I/O."""

import re
from functools import cache

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numbers.genders import required_gender
from services.tts.spoken_text.numerals import NUMBER, WORD_END, cardinal, in_words, parse_number, year

_RANGE = re.compile(
    r"(?:(?<=[\d%°€£¥])|(?<=\d[ap]m)|(?<=\d [ap]m)|(?<=\d [ap]\.m\.)|(?<=\d[ap]\.m\.)|(?<=\d[kKMB])|(?<=\d[srn][tdh])|(?<=\dth)|(?<=\d[AP]M)|(?<=\d [AP]M)|(?<=\dh)|(?<=\d[kcm][gml]))(?<!-\d)(?<!-\d\d)(?<!-\d\d\d)\s?[–—-]\s?(?=[$€£₹]?\d)(?![$€£₹]?\d+(?:[.,:]\d+)*\s?[-–—/]\d)"
)
_PER = re.compile(
    r"(?<=[\d€$£%])\s?/\s?(?:(?P<short>mo|yr|hr|wk|Std)\b|(?=(?:hours?|months?|years?|days?|weeks?|nights?|person|Monat|Stunde|Tag|Woche|Jahr|Nacht|Person"
    r"|mois|heure|jour|semaine|an|nuit|personne|mes|hora|día|semana|año|noche|persona|mês|dia|ano|noite|pessoa|ora|giorno|settimana|anno|notte|persona|uur|maand|dag|jaar|nacht|persoon|timme|dygn|månad|time|måned|person|jam|bulan|hari|orang|घंटा|घंटे|दिन|महीना|महीने|साल)"
    + WORD_END
    + r"))"
)
_UNITS = {"mo": "month", "yr": "year", "hr": "hour", "wk": "week", "Std": "Stunde"}
_SPACED_MINUS = re.compile(r"(?<=[\d%)])\s+[-−–]\s+(?=\d[^=]*=)")
_FRACTION_SIGNS = {
    "½": "1/2",
    "⅓": "1/3",
    "⅔": "2/3",
    "¼": "1/4",
    "¾": "3/4",
    "⅛": "1/8",
    "⅜": "3/8",
    "⅝": "5/8",
    "⅞": "7/8",
    "⅕": "1/5",
    "⅖": "2/5",
    "⅗": "3/5",
    "⅘": "4/5",
}
_FRACTION = re.compile(
    r"(?<![\w./,:-])(?:(?P<whole>\d{1,3})(?:\s|(?=[½⅓⅔¼¾⅛⅜⅝⅞])))?(?P<part>[1-7]/(?:2|3|4|5|8|10|16)(?![\w/]|[.,]\d)|[½⅓⅔¼¾⅛⅜⅝⅞⅕⅖⅗⅘])(?P<cup>-(?=[a-z]))?"
)
_ALWAYS = re.compile(r"(?<![\w/-])24\s?[/-]\s?7(?![\w/])")
_NUMBER_SIGN = re.compile(r"(?<![\w&])#\s?(?=\d)")
_NUMBER_WORD = re.compile(
    r"(?i)(?<!\w)(?:no\.|nos\.|nr\.|(?<=[a-zàèéìòù] )n\.(?= ?\d)|n\.?[º°]|nº|num\.|núm\.)\s?(?=\d)"
)
_SECTION = re.compile(r"§{1,2}\s?(?=\d)")
_DECADE = re.compile(r"(?<![\w.,])(?:['’](?=\d\ds)|(?P<century>1[6-9]|20))?(?P<decade>[1-9]0)s\b")
_DECADE_BEFORE = re.compile(r"(?i)\b(?:early|mid|late|low|high|upper|the)[ -]$")
_GERMAN_DECADE = re.compile(r"(?<![\w.,])(?P<decade>(?:1[5-9]|20)?[1-9]0)er(?=[ -]Jahre)")
_GERMAN_MULTIPLIER = re.compile(r"(?<=\d)(?P<space>[ \u00a0\u202f]?)(?P<word>Mio|Mrd)\b\.?(?=\s+[A-ZÄÖÜ])")
_YEAR = re.compile(r"(?<![\w.,:/-])(?P<year>1[1-9]\d\d|20\d\d)(?![\w/-]|[.,:]\d|\s?[%€$£])")
_COUNTED = re.compile(
    r"\s+(?!is\b|was\b|has\b|as\b|this\b|us\b)[a-z]{3,}s\b|\s+(?:people|men|women|children|feet|miles|sheep|percent)\b"
)
_MODEL_NAME = re.compile(r"(?:^|[\s(])[A-Z]{2,5}[ -]$")
_MODEL_NUMBER = re.compile(r"\d{3,4}")
"""RTX 4090, ISO 9001: each has its own way to be read."""
_FROM_HOUR = re.compile(r"(?i)\bdalle [\d.:]+$")
_DASHES = "–—-"
_CENTURY_YEARS = frozenset({"de", "nl", "sv", "da", "no"})
"""Languages that read 1987 as hundreds: "nineteen eighty-seven"."""


@cache
def _plain(language: Language) -> re.Pattern[str]:
    spaced = NUMBER if language.code == "fr" else NUMBER.split("|", 2)[0] + "|" + NUMBER.rsplit("|", 1)[1]
    return re.compile(
        rf"(?P<sign>(?<![\w.,:/\d)\]%])[-−+](?=\d)(?<!--))?(?<![\d.,:/^_@])(?<![^\W\d_])(?P<number>{spaced})(?![\w:/@]|[.,]\d)"
    )


def speak_ranges(text: MappedText, language: Language) -> MappedText:
    """Replace the dash of a range by a word."""
    if "/" in text.text and language.words.per:
        text = text.sub(_PER, lambda m: f" {language.words.per} {_UNITS.get(m['short'] or '', '')}")
    if not any(dash in text.text for dash in _DASHES):
        return text
    text = text.sub(_SPACED_MINUS, lambda _: f" {language.words.minus} ")
    return text.sub(_RANGE, lambda m: None if _is_score(m) else f" {_until(m, language)} ")


def _until(match: re.Match[str], language: Language) -> str:
    from_hour = language.code == "it" and _FROM_HOUR.search(match.string[: match.start()])
    return "alle" if from_hour else language.words.to


def speak_number_words(text: MappedText, language: Language) -> MappedText:
    """Write an abbreviated word for number in full, as in "no. 5"."""
    if language.code != "en":
        text = text.sub(_NUMBER_SIGN, lambda _: f"{language.words.number} ")
    return text.sub(_NUMBER_WORD, lambda _: f"{language.words.number} ")


def speak_counts(text: MappedText, language: Language) -> MappedText:
    """Replace all that is left of numbers, unless it is ambiguous."""
    words = language.words
    text = text.sub(_NUMBER_SIGN, lambda _: f"{words.number} ")
    text = text.sub(_SECTION, lambda _: f"{words.section} ")
    if language.code == "en":
        text = text.sub(_ALWAYS, lambda _: "twenty-four seven").sub(_DECADE, lambda m: _decade(m, language))
    elif language.code == "de":
        text = text.sub(_GERMAN_DECADE, lambda m: f"{year(int(m['decade']), language)}er")
        text = text.sub(_GERMAN_MULTIPLIER, _german_multiplier)
    if language.code != "en" and words.percent:
        text = text.sub(_ALWAYS, lambda _: f"{cardinal(24, language)} {cardinal(7, language)}")
    text = text.sub(_FRACTION, lambda m: _fraction(m, language))
    text = text.sub(_YEAR, lambda m: _year(m, language))
    return text.sub(_plain(language), lambda m: _number(m, language))


def _is_score(match: re.Match[str]) -> bool:
    """Whether the dash joins more than two numbers, as in a code."""
    return bool(re.search(r"\d[-–—]\d*$", match.string[: match.start()])) or bool(
        re.search(r"[A-Za-z]-?\d+$", match.string[: match.start()])
    )


def _fraction(match: re.Match[str], language: Language) -> Replacement:
    part = _FRACTION_SIGNS.get(match["part"], match["part"])
    names = language.words.fractions
    spoken = names.get(part)
    if spoken is None:
        return None
    tail = " " if match["cup"] else ""
    if not match["whole"]:
        if language.code == "de" and re.match(r" [A-ZÄÖÜ]", match.string[match.end() :]):
            # "ein halber Liter", "einen halben Liter".
            return None
        if part.endswith(("/5", "/10", "/16")) and match["part"] == part:
            # "4/5" may be a rating, and "3/10" a date.
            return None
        return ("one half" if part == "1/2" and language.code == "en" and not match["cup"] else spoken) + tail
    whole = cardinal(int(match["whole"]), language)
    if part == "1/2" and "+1/2" in names:
        return f"{whole}{'' if language.code == 'de' else ' '}{names['+1/2']}{tail}"
    return f"{whole} {language.words.and_} {spoken}{tail}"


def _decade(match: re.Match[str], language: Language) -> Replacement:
    tens = {
        "10": "tens",
        "20": "twenties",
        "30": "thirties",
        "40": "forties",
        "50": "fifties",
        "60": "sixties",
        "70": "seventies",
        "80": "eighties",
        "90": "nineties",
    }
    if not match["century"]:
        spoken = match.group().startswith(("'", "’")) or _DECADE_BEFORE.search(match.string[: match.start()])
        return tens[match["decade"]] if spoken else None
    century = cardinal(int(match["century"]), language)
    return f"{century} {tens[match['decade']]}"


def _german_multiplier(match: re.Match[str]) -> Replacement:
    name = {"Mio": "Million", "Mrd": "Milliarde"}[match["word"]]
    one = re.search(r"(?<![\d.,])1$", match.string[: match.start()])
    return f" {name}" if one else f" {name}{'en' if name.endswith('n') else 'n'}"


def _year(match: re.Match[str], language: Language) -> Replacement:
    value = int(match["year"])
    if _COUNTED.match(match.string, match.end()) and language.code == "en":
        return None
    if language.code == "en" or (
        language.code in _CENTURY_YEARS
        and value < 2000
        and (_year_context(match, language) or _is_german_year(match, language))
    ):
        if value % 1000 == 0 or (value < 1900 and not _year_context(match, language)):
            return None
        return year(value, language)
    return None


def _is_german_year(match: re.Match[str], language: Language) -> bool:
    """Whether no noun that is counted, which has a capital letter, follows a number such as 1987."""
    return (
        language.code == "de"
        and match["year"].startswith("19")
        and not re.match(r" [A-ZÄÖÜ]", match.string[match.end() :])
    )


def _year_context(match: re.Match[str], language: Language) -> bool:
    contexts = language.words.year_contexts
    return bool(re.search(rf"(?i)\b(?:{contexts}),?\s+$", match.string[: match.start()]))


def _number(match: re.Match[str], language: Language) -> Replacement:
    number = parse_number(match["number"], language)
    if number is None or (
        match["number"].startswith("0") and len(match["number"]) > 1 and match["number"][1].isdigit()
    ):
        return None
    if _MODEL_NAME.search(match.string[: match.start("number")]) and _MODEL_NUMBER.fullmatch(match["number"]):
        return None
    gender = required_gender(number, match, language)
    if gender is None:
        return None
    words = language.words
    sign = {"-": f"{words.minus} ", "−": f"{words.minus} ", "+": f"{words.plus} "}.get(
        match["sign"] or "", ""
    )
    text = in_words(number, language, gender)
    if match["sign"]:
        return [sign + text]
    return text
