"""Which gender of a number the word after it requires. No I/O."""

import re

from services.tts.spoken_text.language import Language, Vocabulary
from services.tts.spoken_text.numerals import Number


def required_gender(number: Number, match: re.Match[str], language: Language) -> str | None:
    """The gender that the following word requires; None if it is uncertain."""
    if number.fraction or not _agrees(number.integer, language):
        return ""
    after = match.string[match.end() :]
    if language.code == "de" and re.match(r" (?:bis|oder) \d+\b", after):
        # "ein bis zwei Werktage", whatever the gender.
        return "masculine"
    # "2 a 3 horas": the noun of the second number belongs to both.
    following = _NOUN_OF_BOTH.match(after) or re.match(r"[ \u00a0\u202f-]([^\W\d_]+)", after)
    if following is None:
        return ""
    word = following[1]
    words = language.words
    if language.code == "it":
        return _italian_form(word, words)
    if word.lower() in _NOT_NOUNS:
        return ""
    if language.code == "de":
        return _german_form(match.string[: match.start()], word, words)
    if re.fullmatch(words.feminine, word, re.IGNORECASE):
        return "feminine"
    return "masculine" if re.fullmatch(words.masculine, word, re.IGNORECASE) else None


def _german_form(before: str, noun: str, words: Vocabulary) -> str | None:
    """The form of one before a noun: "eine Stunde", "in einer Stunde", "vor einem Jahr", "um ein Uhr"."""
    dative = _GERMAN_DATIVE.search(before) is not None
    if re.fullmatch(words.feminine, noun, re.IGNORECASE):
        return "r" if dative else "feminine"
    if not re.fullmatch(words.masculine, noun, re.IGNORECASE):
        return None
    if noun.lower() in ("uhr", "mal"):
        return "masculine"
    if dative:
        return "m"
    return None if noun.lower() in ("monat", "tag", "meter") else "masculine"


def _italian_form(noun: str, words: Vocabulary) -> str | None:
    """The form of one before a noun: "un giorno", "uno studio", "una visita"; None for "un'ora"."""
    if re.fullmatch(words.masculine, noun, re.IGNORECASE):
        return "" if re.match(r"(?i)s[^aeiouhàèéìòù]|z|gn|ps|x|y", noun) else "masculine"
    return "feminine" if re.fullmatch(words.feminine, noun, re.IGNORECASE) else None


_GERMAN_DATIVE = re.compile(r"(?i)\b(?:in|vor|nach|seit|mit|von|aus|zu|bei|ab|binnen|innerhalb von)\s+$")
_NOUN_OF_BOTH = re.compile(r" (?:a|à|o|ou|y|e|et|bis|und|oder) \d+ ([^\W\d_]+)")
_NOT_NOUN_WORDS = (
    "und oder bis von vor nach in im am an für ist sind et ou à pour est sont en dans y o a por para"
    " es son e até em é são der die das le la les el los las um uma do da de des du janvier février"
    " mars avril mai juin juillet août septembre octobre novembre décembre que qui i på av till från"
    " och eller om med för är som att ur inom af til fra og er at den det ikke inte ved hos innen di"
    " del della al alla dal dalla nel con per sono ed non se"
    " hasta desde cada más menos contra entre sobre sin sem mas às ao até por de ou point mil je quand puis chez"
)
_NOT_NOUNS = frozenset(_NOT_NOUN_WORDS.split())
"""Words after a number that is counted with, and not counted things."""


def _agrees(value: int, language: Language) -> bool:
    """Whether a number has forms for each gender."""
    ones, tens = value % 10, value % 100
    match language.code:
        case "it":
            return value == 1
        case "da":
            return tens == 1
        case "sv" | "no":
            return ones == 1 and tens != 11
        case "de":
            return tens == 1
        case "fr":
            return ones == 1 and tens not in ((11,) if language.spelling != "fr" else (11, 71, 91))
        case "es":
            return (ones == 1 and tens != 11) or 200 <= value % 1000 <= 999
        case "pt":
            return (ones in (1, 2) and tens not in (11, 12)) or 200 <= value % 1000 <= 999
        case _:
            return False
