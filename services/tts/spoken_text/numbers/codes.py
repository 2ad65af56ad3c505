"""Numbers that are read digit by digit or part by part: codes, addresses, versions. No I/O."""

import re
from functools import cache

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import cardinal, digits

_IP_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w]|\.\d)")
_VERSION = re.compile(r"(?<![\w.,])(?P<v>[vV])?(?P<parts>\d{1,4}(?:\.\d{1,4}){1,4})(?![\w]|[.,]\d)")
_CARD = re.compile(r"(?<![\w.,/-])\d{4}(?:[ -]\d{4}){2,3}(?![\w/-])|(?<![\w.,/-])\d{3}-\d{2}-\d{4}(?![\w/-])")
_POSTAL = re.compile(r"(?<![\w.,:/-])\d{5}-\d{3,4}(?![\w/-])")
_LONG = re.compile(r"(?<![\w.,:/])\d{5,}(?![\w/]|[.,:-]\d)|(?<![\w.,:/-])0\d+(?![\w/]|[.,:-]\d)")
_MIXED = re.compile(
    r"(?<![\w.,:/@])(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z]{0,4}-?\d[A-Za-z\d]*(?:-[A-Za-z\d]*\d[A-Za-z\d]*)*(?![\w@/])"
)
_DASHED = re.compile(r"(?<![\w.,:/-])\d+(?:-\d+){2,}(?![\w.,:/-]\d|\w)")
_MIN_MIXED_DIGITS = 3


def speak_codes(text: MappedText, language: Language) -> MappedText:
    """Replace codes, long numbers without separators, IP addresses and versions."""
    text = text.sub(
        _IP_ADDRESS, lambda m: f" {language.words.dot} ".join(digits(part, language) for part in m.groups())
    )
    text = text.sub(_VERSION, lambda m: _version(m, language))
    text = text.sub(_CARD, lambda m: _in_groups(m.group(), language))
    text = text.sub(_POSTAL, lambda m: _in_groups(m.group(), language))
    text = text.sub(_DASHED, lambda m: _in_groups(m.group(), language))
    if (pattern := _after_context(language)) is not None:
        text = text.sub(pattern, lambda m: [m.span("before"), _in_groups(m["code"], language)])
    text = text.sub(_MIXED, lambda m: _mixed(m.group(), language))
    return text.sub(_LONG, lambda m: _long(m.group(), language))


@cache
def _after_context(language: Language) -> re.Pattern[str] | None:
    contexts = language.words.digit_contexts
    if not contexts:
        return None
    between = r"(?:\s+(?:is|was|are|ist|lautet|war|es|est|é|number|no\.?|nummer|número|numéro|are you|है))?\s*[:#=]?\s*[\"'“‘*#]?"
    return re.compile(
        rf"(?i)(?P<before>(?<!\w)(?:{contexts})\b\.?{between})(?P<code>\d{{3,}}(?:[ -]\d{{2,}})*)(?![\w/]|[.,:]\d|\s?(?:%|€|\$))"
    )


def _in_groups(code: str, language: Language) -> str:
    return ", ".join(digits(part, language) for part in re.split(r"[ -]", code) if part)


def _version(match: re.Match[str], language: Language) -> Replacement:
    parts = match["parts"].split(".")
    if not match["v"] and len(parts) < 3:
        return None
    if any(len(part) > 3 for part in parts) or (not match["v"] and all(len(part) == 3 for part in parts[1:])):
        return None
    prefix = f"{language.words.version} " if match["v"] else ""
    dot = "point" if language.code == "en" else language.words.dot
    return prefix + f" {dot} ".join(cardinal(int(part), language) for part in parts)


def _mixed(code: str, language: Language) -> Replacement:
    """Letters stay, three and more digits are read one by one: BK-20419."""
    if sum(map(str.isdigit, code)) < _MIN_MIXED_DIGITS or re.fullmatch(
        r"\d+(?:st|nd|rd|th|s|er|e|x|k|K|M|[hH]\d\d)", code
    ):
        return None
    parts = re.findall(r"[A-Za-z]+|\d+", code)
    return " ".join(digits(part, language) if part.isdigit() else part for part in parts)


def _long(code: str, language: Language) -> Replacement:
    if code.startswith("0") or len(code) > 9:
        return _by_threes(code, language) if len(code) > 4 else digits(code, language)
    if int(code) % 100 == 0:
        return cardinal(int(code), language)
    if len(code) == 5 or len(code) == 6:
        return digits(code, language)
    return _by_threes(code, language)


def _by_threes(code: str, language: Language) -> str:
    return ", ".join(digits(code[at : at + 3], language) for at in range(0, len(code), 3))
