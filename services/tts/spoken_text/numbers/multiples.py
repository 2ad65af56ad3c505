"""How many times, as in "2x daily", and half of a thing, as in "1/2 tablet". No I/O."""

import re

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import cardinal

_TIMES = re.compile(r"(?<![\w.,:/-])(\d{1,2}) ?x(?= [^\W\d_])")
_WORDS = {
    "en": ("once", "{} times"),
    "de": ("einmal", "{}mal"),
    "es": ("una vez", "{} veces"),
    "fr": ("une fois", "{} fois"),
    "it": ("una volta", "{} volte"),
    "pt": ("uma vez", "{} vezes"),
    "nl": ("één keer", "{} keer"),
    "sv": ("en gång", "{} gånger"),
    "da": ("en gang", "{} gange"),
    "no": ("én gang", "{} ganger"),
}
"""Once, and several times."""
_HALF = re.compile(r"(?<![\w.,/-])(?<!\d )(?:1/2|½)[ ](?P<noun>[^\W\d_]+)")
_HALVES = {
    "de": ("eine halbe", ""),
    "es": ("media", "medio"),
    "fr": ("une demi", "un demi"),
    "it": ("mezza", "mezzo"),
    "pt": ("meia", "meio"),
}
"""Before a feminine and a masculine noun; empty if its form depends on the case."""


def speak_multiples(text: MappedText, language: Language) -> MappedText:
    """Replace 2x before a word, and 1/2 before a noun of known gender."""
    text = text.sub(_TIMES, lambda m: _times(m, language))
    return text.sub(_HALF, lambda m: _half(m, language)) if language.code in _HALVES else text


def _times(match: re.Match[str], language: Language) -> Replacement:
    words = _WORDS.get(language.code)
    if words is None:
        return None
    count = int(match[1])
    gender = "feminine" if language.code in ("es", "pt") else ""
    return words[0] if count == 1 else words[1].format(cardinal(count, language, gender))


def _half(match: re.Match[str], language: Language) -> Replacement:
    noun = match["noun"]
    feminine, masculine = _HALVES[language.code]
    if language.code == "de" and re.search(
        r"(?i)\b(?:in|vor|nach|seit|mit|von|aus|zu|bei)\s+$", match.string[: match.start()]
    ):
        feminine = "einer halben"
    half = ""
    if re.fullmatch(language.words.feminine, noun, re.IGNORECASE):
        half = feminine
    elif re.fullmatch(language.words.masculine, noun, re.IGNORECASE):
        half = masculine
    return [f"{half} ", match.span("noun")] if half else None
