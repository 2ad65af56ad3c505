"""Which gender of a number the word after it requires. No I/O."""

import re

from services.tts.spoken_text.language import Language, Vocabulary
from services.tts.spoken_text.numerals import Number


def required_gender(number: Number, match: re.Match[str], language: Language) -> str | None:
    """The gender that the following word requires; None if it is uncertain."""
    if number.fraction or not _agrees(number.integer, language.code):
        return ""
    after = match.string[match.end() :]
    # "2 a 3 horas": the noun of the second number belongs to both.
    following = _NOUN_OF_BOTH.match(after) or re.match(r"[ \u00a0\u202f-]([^\W\d_]+)", after)
    if following is None:
        return ""
    word = following[1]
    words = language.words
    if language.code == "it":
        return _italian_form(word, words)
    if language.code == "de" and re.fullmatch(words.masculine, word, re.IGNORECASE):
        return "masculine"
    if re.fullmatch(words.feminine, word, re.IGNORECASE):
        return "feminine"
    if language.code != "de" and re.fullmatch(words.masculine, word, re.IGNORECASE):
        return "" if word.lower() in ("por", "pour", "de", "a", "e", "o", "y", "ou", "point") else "masculine"
    return "" if word.lower() in _NOT_NOUNS else None


def _italian_form(noun: str, words: Vocabulary) -> str | None:
    """The form of one before a noun: "un giorno", "uno studio", "una visita"; None for "un'ora"."""
    if re.fullmatch(words.masculine, noun, re.IGNORECASE):
        return "" if re.match(r"(?i)s[^aeiouhàèéìòù]|z|gn|ps|x|y|per$", noun) else "masculine"
    if re.fullmatch(words.feminine, noun, re.IGNORECASE):
        return "feminine"
    return "" if noun.lower() in _NOT_NOUNS else None


_NOUN_OF_BOTH = re.compile(r" (?:a|à|o|ou|y|e|et|bis|und|oder) \d+ ([^\W\d_]+)")
_NOT_NOUN_WORDS = (
    "und oder bis von vor nach in im am an für ist sind et ou à pour est sont en dans y o a por para"
    " es son e até em é são der die das le la les el los las um uma do da de des du janvier février"
    " mars avril mai juin juillet août septembre octobre novembre décembre que qui i på av till från"
    " och eller om med för är som att ur inom af til fra og er at den det ikke inte ved hos innen di"
    " del della al alla dal dalla nel con per sono ed non se"
)
_NOT_NOUNS = frozenset(_NOT_NOUN_WORDS.split())
"""Words after a number that is counted with, and not counted things."""


def _agrees(value: int, code: str) -> bool:
    """Whether a number has forms for each gender."""
    ones, tens = value % 10, value % 100
    match code:
        case "it":
            return value == 1
        case "da":
            return tens == 1
        case "sv" | "no":
            return ones == 1 and tens != 11
        case "de":
            return tens == 1
        case "fr":
            return ones == 1 and tens not in (11, 71, 91)
        case "es":
            return (ones == 1 and tens != 11) or 200 <= value % 1000 <= 999
        case "pt":
            return (ones in (1, 2) and tens not in (11, 12)) or 200 <= value % 1000 <= 999
        case _:
            return False
