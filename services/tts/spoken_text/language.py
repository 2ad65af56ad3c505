"""The language and region in which a text is spoken, and the words that it needs. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of one language; an empty one leaves the sign unchanged."""

    dot: str = ""
    at: str = ""
    slash: str = ""
    dash: str = ""
    underscore: str = ""
    colon: str = ""
    and_: str = ""
    plus: str = ""
    minus: str = ""
    times: str = ""
    by: str = ""
    """Between the lengths of an area, as in 2 x 3 m."""
    divided: str = ""
    equals: str = ""
    not_equal: str = ""
    less: str = ""
    greater: str = ""
    less_equal: str = ""
    greater_equal: str = ""
    plus_minus: str = ""
    about: str = ""
    power: str = ""
    star: str = ""
    hash: str = ""
    to: str = ""
    """Between the ends of a range."""
    number: str = ""
    """Before a number, as in #5."""
    section: str = ""
    version: str = ""
    per: str = ""
    percent: str = ""
    per_mille: str = ""
    degrees: str = ""
    decimal: str = ""
    """Name of the decimal separator."""
    currency_joint: str = ""
    """Between the units and the subunits of an amount of money."""
    currencies: Mapping[str, tuple[str, str, str, str]] = field(default_factory=dict)
    """By ISO code: one unit, several units, one subunit, several subunits."""
    multipliers: Mapping[str, str] = field(default_factory=dict)
    """Abbreviations of powers of ten after an amount, such as M for million."""
    of: str = ""
    """Between a multiplied amount and its currency: "un millón de euros"."""
    fractions: Mapping[str, str] = field(default_factory=dict)
    months: tuple[str, ...] = ()
    month_prefixes: Mapping[str, int] = field(default_factory=dict)
    """Abbreviated names of the months, in lower case."""
    digit_contexts: str = ""
    """Words before a number that is read digit by digit, as a pattern."""
    year_contexts: str = ""
    """Words before a year, as a pattern."""
    feminine: str = ""
    """Words that take feminine numerals, as a pattern."""
    masculine: str = ""
    digits: tuple[str, ...] = ()
    """Names of the digits, where they are not the first ten numbers of CLDR's rules."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language with the conventions of a region."""

    code: str
    """ISO 639 code, such as `en`; empty if it is unknown."""
    region: str = ""
    """ISO 3166 code, such as `GB`; empty if it is unknown."""
    words: Vocabulary = field(default_factory=Vocabulary, compare=False)

    @property
    def locale(self) -> str:
        """The name of the locale in CLDR."""
        return f"{self.code}_{self.region}" if self.region else self.code

    @property
    def spelling(self) -> str:
        """The name of CLDR's rules for numbers: those of Belgium have "septante", those of India lakhs."""
        return self.locale if self.locale in _OWN_SPELLING else self.code

    @property
    def is_british(self) -> bool:
        """Whether "and" follows the hundreds: "one hundred and five"."""
        return self.code == "en" and self.region not in ("", "US", "CA", "PH", "IN")

    @property
    def decimal(self) -> str:
        """The decimal separator."""
        if self.code in ("en", "hi", "ja", "zh", "ko", "th", "he") or (
            self.code == "es" and self.region in _POINT_REGIONS
        ):
            return "."
        return "." if self.code in ("de", "it") and self.region in ("CH", "LI") else ","

    @property
    def month_first(self) -> bool:
        """Whether 3/4/2026 is in March."""
        return self.code == "en" and self.region in ("", "US", "PH")


_POINT_REGIONS = ("MX", "US", "PR", "GT", "HN", "NI", "PA", "DO", "SV", "PE", "419")
_OWN_SPELLING = frozenset({"en_IN", "fr_BE", "fr_CH", "pt_PT"})
_VOCABULARIES = ("en", "de", "es", "fr", "pt", "hi", "it", "nl", "sv", "da", "no", "tr", "id", "vi")
_VOCABULARY = "services.tts.spoken_text.vocabulary"
_TRADITIONAL_REGIONS = ("TW", "HK", "MO")
_ALIASES = {"nb": "no", "in": "id", "iw": "he"}


@cache
def find_language(tag: str) -> Language:
    """Return the language of a tag such as `en-GB`; without a code for `multi` and the like."""
    code, *rest = tag.replace("_", "-").split("-")
    code = _ALIASES.get(code.lower(), code.lower())
    if not (code.isalpha() and 2 <= len(code) <= 3) or code == "und":
        return Language("")
    region = next((part.upper() for part in rest if len(part) == 2 or part.isdigit()), "")
    return Language(code, region, _words(code, region, traditional="hant" in tag.lower()))


def _words(code: str, region: str, *, traditional: bool) -> Vocabulary:
    if code not in _VOCABULARIES:
        spelled: Mapping[str, Vocabulary] = import_module(f"{_VOCABULARY}.spelled").WORDS
        traditional = code == "zh" and (traditional or region in _TRADITIONAL_REGIONS)
        return spelled.get("zh-Hant" if traditional else code, Vocabulary())
    words: Vocabulary = import_module(f"{_VOCABULARY}.{code}").WORDS
    if code == "en" and region not in ("", "US", "CA"):
        return replace(words, hash="hash")
    if code == "de" and region == "AT":
        return replace(words, months=("Jänner", *words.months[1:]))
    if code == "pt" and region == "PT":
        return replace(words, hash="cardinal", percent="por cento")
    return words
