"""Telephone numbers, digit by digit in the groups in which they are written. No I/O."""

import re

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Piece, Replacement
from services.tts.spoken_text.numerals import digits

_SEPARATOR = r"(?:[ \u00a0\u202f]?[-–./][ ]?|[ \u00a0\u202f])"
_INTERNATIONAL = r"\+[ ]?\d(?:[ \u00a0\u202f./()–-]{0,2}\d){6,14}"
_AMERICAN = rf"(?:1{_SEPARATOR})?(?:\(\d{{3}}\)[ ]?|\d{{3}}{_SEPARATOR})\d{{3}}{_SEPARATOR}\d{{4}}"
_LOCAL = r"\d{3}-\d{4}"
_LEADING_ZERO = rf"\(?0\d{{1,5}}\)?(?:{_SEPARATOR}{{1,2}}\d{{2,10}}){{1,5}}(?:-\d{{1,4}})?"
_THREES = r"[5-9]\d{2} \d{3} \d{3}|[5-9]\d{2} \d{2} \d{2} \d{2}|[5-9]\d \d{3} \d{2} \d{2}|[1-9]\d \d{4} \d{4}"
_BRAZILIAN = r"(?:\(\d{2}\)[ ]?|\d{2}[ ])?9?\d{4}-\d{4}"
_INDIAN = r"[6-9]\d{4}[ -]\d{5}"
_RUN = r"\d{10,11}"
_VANITY = r"1-8\d\d-(?=[A-Z])"
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1(?:\d{2}|\d{4})")
_HOURS = re.compile(r"[012]?\d\.[0-5]\d ?[-–] ?[012]?\d\.[0-5]\d")
_EXTENSION = re.compile(r"(?i)\b(?:ext|x)\.?\s*(\d{1,6})\b")

_BY_LANGUAGE = {
    "en": rf"|{_LOCAL}|{_INDIAN}",
    "es": rf"|{_THREES}",
    "pt": rf"|{_THREES}|{_BRAZILIAN}|2\d \d{{3}} \d{{4}}|2\d{{2}} \d{{3}} \d{{3}}(?! ?[^\W\d_€$])",
    "hi": rf"|{_INDIAN}",
    "da": r"|\d{2} \d{2} \d{2} \d{2}",
    "no": r"|\d{2} \d{2} \d{2} \d{2}|\d{3} \d{2} \d{3}",
    "tr": r"|0 ?\(\d{3}\) ?\d{3} \d{2} \d{2}",
    "it": r"|3\d{2}[ -]\d{6,7}",
}
_MIN_DIGITS = 7


def speak_phones(text: MappedText, language: Language) -> MappedText:
    """Replace telephone numbers."""
    extra = _BY_LANGUAGE.get(language.code, "")
    pattern = re.compile(
        rf"(?<![\w.,/+-])(?<!\d )(?:{_INTERNATIONAL}|{_AMERICAN}|{_LEADING_ZERO}|{_RUN}{extra}|{_VANITY})(?![\w/])(?![-.,:]\d)"
        rf"|(?<![\w-]){_VANITY}"
    )
    return text.sub(pattern, lambda m: _grouped(m, language))


def _grouped(match: re.Match[str], language: Language) -> Replacement:
    text = match.group()
    if _DATE.fullmatch(text) or _HOURS.fullmatch(text) or re.fullmatch(r"0\d{0,2}(?:[.,]\d{3})+", text):
        return None
    if not text.startswith("1-8") and sum(map(str.isdigit, text)) < _MIN_DIGITS:
        return None
    pieces: list[Piece] = []
    for group in re.finditer(r"\d+", text):
        at = match.start() + group.start()
        for start in _cuts(len(group.group()), len(text)):
            part = group.group()[start[0] : start[1]]
            prefix = ", " if pieces else (f"{language.words.plus} " if text.startswith("+") else "")
            spoken = "eight hundred" if part == "800" and language.code == "en" else digits(part, language)
            pieces += [(at + start[0], at + start[0]), prefix + spoken]
    return [*pieces, " "] if text.endswith("-") else pieces


def _cuts(count: int, total: int) -> list[tuple[int, int]]:
    """The groups in which a run of digits is spoken: as written, or in threes if it is long."""
    if count < 7 or count != total:
        return [(0, count)] if count < 8 else [(at, min(at + 4, count)) for at in range(0, count, 4)]
    head = count - 10 if count > 10 else 0
    starts = [0, *([head] if head else []), head + 3, head + 6] if count >= 10 else list(range(0, count, 3))
    return list(zip(starts, [*starts[1:], count], strict=True))
