"""Numbers that are read digit by digit or part by part: codes, addresses, versions. No I/O."""

import re
from functools import cache

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import WORD_END, cardinal, digits

_IP_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w]|\.\d)")
_VERSION = re.compile(r"(?<![\w.,])(?P<v>[vV])?(?P<parts>\d{1,4}(?:\.\d{1,4}){1,4})(?![\w]|[.,]\d)")
_CARD = re.compile(r"(?<![\w.,/-])\d{4}(?:[ -]\d{4}){2,3}(?![\w/-])|(?<![\w.,/-])\d{3}-\d{2}-\d{4}(?![\w/-])")
_TAX_NUMBER = re.compile(r"(?<![\w.,/-])\d{1,3}(?:\.\d{3}){2}(?:/\d{4})?-(?:\d{1,2}|[Kk])(?![\w-]|[.,]\d)")
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?![\w-])")
_STATE = re.compile(r"(?<=, [A-Z]{2} )\d{5}(?![\w.,-]\d|\w)|(?<=D\.C\. )\d{5}(?![\w.,-]\d|\w)")
_POSTAL = re.compile(r"(?<![\w.,:/-])\d{5}-\d{3,4}(?![\w/-])")
_LONG = re.compile(
    r"(?<![\w.,:/])\d{5,}(?![\w/]|[.,:-]\d)|(?<![\w.,:/-])(?<!\d[ \u00a0\u202f])0\d+(?![\w/]|[.,:-]\d)"
)
_MIXED = re.compile(
    r"(?<![\w.,:/@])(?!(?:Rp|Rs|kr|Fr|EUR|USD|GBP|INR|CHF|TL)\.?\d)(?=[A-Za-z-]*\d)(?=[\d-]*[A-Za-z])[A-Za-z]{0,4}-?\d[A-Za-z\d]*(?:-[A-Za-z\d]*\d[A-Za-z\d]*)*(?![\w@/])"
)
_DASHED = re.compile(r"(?<![\w.,:/-])\d+(?:-\d+){2,}(?![\w.,:/-]\d|\w)")
_NUMBERED = re.compile(
    r"(?i)(?<!\w)(?P<before>(?:nr\.?|no\.?|n\.? ?[º°]|nº|num\.?|number|nummer|número|numéro|numero)\s?)(?P<code>\d{2,}-\d{2,})(?![\w.,:/-]\d|\w)"
)
"""A number in two parts, which is not a range: "invoice no. 2023-114"."""
_QUANTITIES = re.compile(
    r"\d{1,2}[hH](?:\d\d)?-\d{1,2}[hH](?:\d\d)?|(?:\d{1,4}-)?\d+(?:am|pm|AM|PM|[kKM]|st|nd|rd|th|[kcm]?m|[km]?g|[cm]?l|mph|lbs?|oz|ft|h|s|ms|min|[KMGT]B|[kMG]?W|kWh|Hz|p)"
    r"(?:-\d+(?:am|pm|AM|PM|[a-zA-Z]{1,3}))?"
)
"""A quantity or a range of them, such as 10am-12pm and 100ml."""
_MIN_MIXED_DIGITS = 3
_MIN_IBAN_DIGITS = 8


def speak_codes(text: MappedText, language: Language) -> MappedText:
    """Replace codes, long numbers without separators, IP addresses and versions."""
    text = text.sub(
        _IP_ADDRESS, lambda m: f" {language.words.dot} ".join(digits(part, language) for part in m.groups())
    )
    text = text.sub(_VERSION, lambda m: _version(m, language))
    text = text.sub(_IBAN, lambda m: _iban(m.group(), language))
    text = text.sub(_TAX_NUMBER, lambda m: _in_groups(m.group(), language))
    text = text.sub(_STATE, lambda m: digits(m.group(), language) if language.code == "en" else None)
    text = text.sub(_CARD, lambda m: _in_groups(m.group(), language))
    text = text.sub(_POSTAL, lambda m: _in_groups(m.group(), language))
    text = text.sub(_DASHED, lambda m: _in_groups(m.group(), language))
    if (pattern := _after_context(language)) is not None:
        text = text.sub(pattern, lambda m: [_before(m), _in_groups(m["code"], language)])
    text = text.sub(_NUMBERED, lambda m: [m.span("before"), _in_groups(m["code"], language)])
    text = text.sub(_MIXED, lambda m: _mixed(m.group(), language))
    return text.sub(_LONG, lambda m: _long(m.group(), language))


@cache
def _after_context(language: Language) -> re.Pattern[str] | None:
    contexts = language.words.digit_contexts
    if not contexts:
        return None
    between = r"(?:(?:\s+(?:for|für|para|pour|del?|de la|of)(?:\s+[\w'’]+){1,4})?\s+(?:is|was|are|ist|lautet|war|es|est|é|è|är|er|adalah|là|number|no\.?|nummer|número|numéro|are you|है|hai)(?:\s+(?:the|le|la|el|o|das))?)?\s*[:#=]?\s*[\"'“‘*#]?-?"
    return re.compile(
        rf"(?i)(?P<before>(?<!\w)(?:{contexts}){WORD_END}\.?{between})(?P<code>\d{{2,}}(?:-\d{{2,}})+|\d{{3,}}(?:[ -]\d{{2,}})*)(?![\w/]|[.,:]\d|\s?(?:%|€|\$))"
    )


def _before(match: re.Match[str]) -> tuple[int, int]:
    """The words before a code, without its sign: "order #98765"."""
    return match.start("before"), match.start("before") + len(match["before"].rstrip("#-"))


def _in_groups(code: str, language: Language) -> str:
    groups = re.split(r"[ ./-]", code)
    return ", ".join(digits(part, language) if part.isdigit() else part for part in groups if part)


def _iban(code: str, language: Language) -> Replacement:
    """Country, then groups of at most four characters."""
    if sum(map(str.isdigit, code)) < _MIN_IBAN_DIGITS:
        return None
    compact = code.replace(" ", "")
    groups = [compact[at : at + 4] for at in range(0, len(compact), 4)]
    return ", ".join(
        " ".join(
            digits(part, language) if part.isdigit() else part for part in re.findall(r"[A-Z]|\d+", group)
        )
        for group in groups
    )


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
    if not any(map(str.isalpha, code)):
        # "100-meter" is a number with a word.
        return None
    if sum(map(str.isdigit, code)) < _MIN_MIXED_DIGITS or re.fullmatch(
        r"\d+(?:st|nd|rd|th|s|er|e|x|k|K|M|[hH]\d\d)", code
    ):
        return None
    if _QUANTITIES.fullmatch(code):
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
