"""Ordinal numbers. No I/O."""

import re

from services.tts.spoken_text.language import Language, find_language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import cardinal, ordinal

_ENGLISH = re.compile(r"(?<![\w.,:/])(\d{1,3}(?:,\d{3})*)(?:st|nd|rd|th|ST|ND|RD|TH)\b")
_GERMAN = re.compile(r"(?<![\w.,:/])(\d{1,2})\.(?= (?:[A-ZÄÖÜ][a-zäöüß]|[a-zäöü]{4,}en? [A-ZÄÖÜ]))")
_GERMAN_RANGE = re.compile(
    r"(?<![\w.,:/])(\d{1,2})\.(?= (?:bis|und|oder) (?:zum )?(?:\d{1,2}\.|\w+te[nr]?\b))"
)
_GERMAN_LAST = re.compile(
    r"(?i)(?<!\w)(?P<before>(?:am|zum|vom|beim|dem|den|der)\s+)(?P<day>\d{1,2})(?=\.\s*$)"
)
"""At the end of a clause: "Ich komme am 5."."""
_GERMAN_AFTER = re.compile(
    r"(?i)(?:^|[\s(])(?:am|im|zum|vom|beim|dem|den|des|einem|einen|ab|bis|seit|jeden|jedem|dieser|diesem|diesen"
    r"|ihrem|ihren|unserem|unseren|zur|einer|aus|nach|mit|von)\s+(?:[A-ZÄÖÜ]\w+,?\s+(?:dem|den)\s+)?(?:\d{1,2}\.\s+(?:und|oder|bis)\s+)?$"
)
_ROMANCE = re.compile(
    r"(?<![\w.,:/])(\d{1,3})[.]?(\s?[ºª]|°(?=\s[a-zà-ü])|er\b|ère\b|re\b|ème\b|eme\b|e\b|nd\b|nde\b|ᵉʳ|ᵉ|o\b|a\b|ro\b|ra\b|do\b|da\b|to\b|ta\b|mo\b|ma\b)"
)
_MASCULINE_ADJECTIVE = re.compile(
    r"\s+(?:piso|lugar|puesto|día|grado|trimestre|paso|intento|turno|año|mes|capítulo)\b"
)
_HINDI = re.compile(r"(?<![\w.,:/])(\d{1,3})(?:वां|वाँ|वा|वें|वीं|वी|ला|रा|था|ली|री|थी)(?!\w)")
_DUTCH = re.compile(r"(?<![\w.,:/])(\d{1,3})(?:ste|de|e)(?!\w)")
_SWEDISH = re.compile(r"(?<![\w.,:/])(\d{1,3}):[ae](?!\w)")
_BEFORE_NOUN = re.compile(r"(?<![\w.,:/])(\d{1,2})\.(?= [a-zæøåçğıöşü]{2})")
"""An ordinal with a full stop in a language whose sentences begin with a capital letter."""
_INDONESIAN = re.compile(r"(?<!\w)ke-(\d{1,3})(?!\w)")
_VIETNAMESE = re.compile(r"(?i)(?<=\bthứ )([14])(?![\d/:]|[.,]\d)")
_MAX_ITALIAN = 100
_SUFFIXES = {
    "fr": {"er": "-masculine", "ᵉʳ": "-masculine", "ère": "-feminine", "re": "-feminine", "nde": "-feminine"},
    "es": {
        "ª": "-feminine",
        "a": "-feminine",
        "ra": "-feminine",
        "da": "-feminine",
        "ta": "-feminine",
        "ma": "-feminine",
    },
    "pt": {"ª": "-feminine", "a": "-feminine"},
    "it": {"ª": "-feminine"},
}
_ALLOWED = {
    "fr": frozenset({"er", "ère", "re", "ème", "eme", "e", "nd", "nde", "ᵉʳ", "ᵉ"}),
    "es": frozenset({"º", "ª", "er", "ro", "ra", "do", "da", "to", "ta", "mo", "ma", "°"}),
    "pt": frozenset({"º", "ª", "o", "a", "°"}),
    "it": frozenset({"º", "ª", "°"}),
}


def german_ending(before: str, noun: str = "") -> str:
    """The rule of the ordinal after the words `before`."""
    if _GERMAN_AFTER.search(before):
        return "-n"
    if re.search(r"(?i)(?:^|[\s(])(?:der|die|das|diese|eine|jede|ihre|unsere)\s+$", before):
        return ""
    return "" if noun.endswith("e") else "-r"


def speak_ordinals(text: MappedText, language: Language) -> MappedText:
    """Replace ordinals."""
    match language.code:
        case "en":
            return text.sub(_ENGLISH, lambda m: ordinal(int(m[1].replace(",", "")), language))
        case "de":
            text = text.sub(_GERMAN_RANGE, lambda m: ordinal(int(m[1]), language, "-n"))
            text = text.sub(_GERMAN, lambda m: _german(m, language))
            return text.sub(_GERMAN_LAST, lambda m: _german_last(m, language))
        case "es" | "fr" | "pt" | "it":
            return text.sub(_ROMANCE, lambda m: _romance(m, language))
        case "hi":
            text = text.sub(_ENGLISH, lambda m: ordinal(int(m[1].replace(",", "")), find_language("en-IN")))
            return text.sub(_HINDI, lambda m: _hindi(m, language))
        case "nl":
            return text.sub(_DUTCH, lambda m: ordinal(int(m[1]), language))
        case "sv":
            return text.sub(_SWEDISH, lambda m: ordinal(int(m[1]), language))
        case "da" | "no" | "tr":
            return text.sub(_BEFORE_NOUN, lambda m: ordinal(int(m[1]), language))
        case "id":
            return text.sub(_INDONESIAN, lambda m: f"ke{cardinal(int(m[1]), language)}")
        case "vi":
            return text.sub(_VIETNAMESE, lambda m: {"1": "nhất", "4": "tư"}[m[1]])
        case _:
            return text


def _german(match: re.Match[str], language: Language) -> Replacement:
    before = match.string[: match.start()]
    if not before.strip() or before.endswith("\n"):
        # A list number, not an ordinal.
        return None
    noun = re.match(r" (\w+)", match.string[match.end() :])
    word = noun[1] if noun else ""
    bare = not re.search(r"[\wäöüß]\s+$", before)
    ending = german_ending(before, word)
    if bare and not word.endswith("e"):
        return None
    return ordinal(int(match[1]), language, ending)


def _german_last(match: re.Match[str], language: Language) -> Replacement:
    form = "" if match["before"].strip().lower() == "der" else "-n"
    return [match.span("before"), ordinal(int(match["day"]), language, form)]


def _romance(match: re.Match[str], language: Language) -> Replacement:
    suffix = match[2].lstrip()
    if suffix not in _ALLOWED[language.code]:
        return None
    form = _SUFFIXES[language.code].get(suffix, "-masculine")
    if language.code == "it" and int(match[1]) > _MAX_ITALIAN:
        return None
    if (
        language.code == "es"
        and form == "-masculine"
        and (suffix == "er" or _MASCULINE_ADJECTIVE.match(match.string, match.end()))
    ):
        form = "-masculine-adjective"
    if language.code == "fr" and suffix in ("e", "ème", "eme", "ᵉ") and int(match[1]) == 1:
        return None
    return ordinal(int(match[1]), language, form)


def _hindi(match: re.Match[str], language: Language) -> Replacement:
    value, suffix = int(match[1]), match.group()[len(match[1]) :]
    feminine = suffix.endswith(("ी", "ीं"))
    if value <= 4 or value == 6:
        return ordinal(value, language, "-feminine" if feminine else "-masculine")
    return cardinal(value, language) + suffix
