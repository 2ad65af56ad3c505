"""Percentages, temperatures and units of measurement. No I/O."""

import re
from functools import cache, lru_cache

from babel.core import UnknownLocaleError
from babel.units import UnknownUnitError, format_unit

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numerals import NUMBER, Number, in_words, parse_number

_UNITS = {
    "km/h": "speed-kilometer-per-hour",
    "kph": "speed-kilometer-per-hour",
    "mph": "speed-mile-per-hour",
    "m/s": "speed-meter-per-second",
    "°C": "temperature-celsius",
    "° C": "temperature-celsius",
    "°F": "temperature-fahrenheit",
    "° F": "temperature-fahrenheit",
    "km": "length-kilometer",
    "cm": "length-centimeter",
    "mm": "length-millimeter",
    "m": "length-meter",
    "mi": "length-mile",
    "ft": "length-foot",
    "km²": "area-square-kilometer",
    "m²": "area-square-meter",
    "m2": "area-square-meter",
    "qm": "area-square-meter",
    "ft²": "area-square-foot",
    "sq ft": "area-square-foot",
    "sqft": "area-square-foot",
    "m³": "volume-cubic-meter",
    "m3": "volume-cubic-meter",
    "cm³": "volume-cubic-centimeter",
    "kg": "mass-kilogram",
    "mg": "mass-milligram",
    "µg": "mass-microgram",
    "mcg": "mass-microgram",
    "g": "mass-gram",
    "lb": "mass-pound",
    "lbs": "mass-pound",
    "oz": "mass-ounce",
    "ml": "volume-milliliter",
    "mL": "volume-milliliter",
    "cl": "volume-centiliter",
    "l": "volume-liter",
    "L": "volume-liter",
    "dl": "volume-deciliter",
    "kWh": "energy-kilowatt-hour",
    "kW": "power-kilowatt",
    "W": "power-watt",
    "MHz": "frequency-megahertz",
    "GHz": "frequency-gigahertz",
    "Hz": "frequency-hertz",
    "kB": "digital-kilobyte",
    "KB": "digital-kilobyte",
    "MB": "digital-megabyte",
    "GB": "digital-gigabyte",
    "TB": "digital-terabyte",
    "ms": "duration-millisecond",
    "sec": "duration-second",
    "secs": "duration-second",
    "s": "duration-second",
    "min": "duration-minute",
    "mins": "duration-minute",
    "min.": "duration-minute",
    "hr": "duration-hour",
    "hrs": "duration-hour",
    "h": "duration-hour",
    "Std.": "duration-hour",
    "Std": "duration-hour",
    "Min.": "duration-minute",
    "Min": "duration-minute",
    "Sek.": "duration-second",
    "Sek": "duration-second",
    "kcal": "energy-kilocalorie",
    "ha": "area-hectare",
    "मी": "length-meter",
    "किमी": "length-kilometer",
    "किग्रा": "mass-kilogram",
}
_NEEDS_LOWER_VOICE = frozenset({"m", "g", "l", "s", "h", "W", "L"})
_ENGLISH_UNSAFE = frozenset({"ha", "Min", "Std"})
_FEMININE = {
    "de": frozenset(
        {
            "duration-minute",
            "duration-hour",
            "duration-second",
            "energy-kilowatt-hour",
            "energy-kilocalorie",
            "length-mile",
        }
    ),
    "es": frozenset(
        {"duration-hour", "mass-pound", "length-mile", "mass-ounce", "energy-kilocalorie", "area-hectare"}
    ),
    "pt": frozenset({"duration-hour", "mass-pound", "length-mile", "mass-ounce", "energy-kilocalorie"}),
    "it": frozenset(
        {
            "duration-hour",
            "mass-pound",
            "mass-ounce",
            "energy-kilocalorie",
            "digital-kilobyte",
            "area-hectare",
        }
    ),
    "fr": frozenset(
        {
            "duration-hour",
            "duration-minute",
            "duration-second",
            "mass-pound",
            "mass-ounce",
            "energy-kilocalorie",
            "duration-millisecond",
        }
    ),
}


_NEUTER = {
    "sv": frozenset(
        {"mass-kilogram", "mass-gram", "mass-milligram", "mass-microgram", "mass-pound", "mass-ounce"}
    ),
    "no": frozenset(
        {"mass-kilogram", "mass-gram", "mass-milligram", "mass-pound", "duration-minute", "duration-second"}
    ),
    "da": frozenset(
        {"mass-kilogram", "mass-gram", "mass-milligram", "mass-pound", "duration-minute", "duration-second"}
    ),
}


def speak_units(text: MappedText, language: Language) -> MappedText:
    """Replace percentages and numbers with a unit."""
    if language.code == "tr":
        text = text.sub(_TURKISH_PERCENT, lambda m: _percent(m, language))
    else:
        text = text.sub(_PERCENT, lambda m: _percent(m, language))
    text = text.sub(_unit_pattern(language), lambda m: _unit(m, language))
    return text.sub(_DEGREES, lambda m: _degrees(m, language))


_SIGN = r"(?<![\w.,:/])(?P<sign>[-−+]?)"
_PERCENT = re.compile(rf"{_SIGN}(?P<number>{NUMBER})[ \u00a0\u202f]?(?P<mark>%|‰)(?!\w)")
_TURKISH_PERCENT = re.compile(rf"{_SIGN}(?P<mark>%|‰)\s?(?P<number>{NUMBER})(?!\w)")
_ITALIAN_ORDINAL = re.compile(
    r" (?!(?:all?|alla|di|in|e|o|con|per|fuori|sotto|sopra|oggi|domani)\b)[a-zà-ü]{3}"
)
"""A noun after 3°, which is an ordinal before it."""
_DEGREES = re.compile(rf"{_SIGN}(?P<number>{NUMBER})[ ]?°(?![\w])")


@cache
def _unit_pattern(language: Language) -> re.Pattern[str]:
    unsafe = _ENGLISH_UNSAFE if language.code == "en" else frozenset()
    units = "|".join(map(re.escape, sorted(_UNITS.keys() - unsafe, key=len, reverse=True)))
    return re.compile(
        rf"{_SIGN}(?P<number>{NUMBER})(?P<space>[ \u00a0\u202f-]?)(?P<unit>{units})(?![\w/²³'’-])"
    )


def _signed(match: re.Match[str], language: Language) -> tuple[str, Number] | None:
    number = parse_number(match["number"], language)
    if number is None:
        return None
    words = language.words
    sign = {"-": f"{words.minus} ", "−": f"{words.minus} ", "+": f"{words.plus} "}.get(match["sign"], "")
    return sign, number


def _percent(match: re.Match[str], language: Language) -> Replacement:
    signed = _signed(match, language)
    if signed is None:
        return None
    mark = language.words.percent if match["mark"] == "%" else language.words.per_mille
    gender = {"de": "masculine" if signed[1].integer == 1 else "", "sv": "feminine", "da": "feminine"}.get(
        language.code, ""
    )
    if language.code == "tr":
        return f"{signed[0]}{mark} {in_words(signed[1], language)}"
    return f"{signed[0]}{in_words(signed[1], language, gender)} {mark}"


def _degrees(match: re.Match[str], language: Language) -> Replacement:
    signed = _signed(match, language)
    if signed is None:
        return None
    if language.code == "it" and _ITALIAN_ORDINAL.match(match.string, match.end()):
        return None
    word = "degree" if language.code == "en" and signed[1].is_one else language.words.degrees
    return f"{signed[0]}{in_words(signed[1], language)} {word}"


def _unit(match: re.Match[str], language: Language) -> Replacement:
    signed = _signed(match, language)
    if signed is None:
        return None
    sign, number = signed
    unit = match["unit"]
    if unit in _NEEDS_LOWER_VOICE and not match["space"] and unit in ("s", "W") and language.code == "en":
        # "the 1990s", "5W" of a model name.
        return None
    name = unit_name(_UNITS[unit], number.is_one, language.code)
    if not name:
        return None
    feminine = _UNITS[unit] in _FEMININE.get(language.code, frozenset())
    if language.code in _NEUTER:
        feminine = _UNITS[unit] not in _NEUTER[language.code]
    gender = ("feminine" if feminine else "masculine") if language.code != "en" else ""
    return f"{sign}{in_words(number, language, gender)} {name}{'.' if unit.endswith('.') and _ends(match) else ''}"


def _ends(match: re.Match[str]) -> bool:
    """Whether the full stop of an abbreviation also ends the sentence."""
    return not match.string[match.end() :].strip()


@lru_cache(maxsize=512)
def unit_name(unit: str, singular: bool, code: str) -> str:
    """The name of a unit of CLDR in the singular or plural; empty if the language has none."""
    try:
        text = format_unit(1 if singular else 5, unit, length="long", locale=code)
    except (UnknownUnitError, UnknownLocaleError, ValueError):
        return ""
    name = re.sub(r"^[15][ \u00a0\u202f]", "", text)
    return "" if name == text else name.replace("\u00a0", " ")
