"""Amounts of money. No I/O."""

import re
from functools import cache, lru_cache

from babel.core import UnknownLocaleError
from babel.numbers import get_currency_name

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText, Replacement
from services.tts.spoken_text.numbers.currency_signs import CODES, symbols_of
from services.tts.spoken_text.numerals import WORD_END, Number, cardinal, in_words, parse_number

_MULTIPLIER_WORDS = frozenset({"hundred", "thousand", "million", "billion", "trillion", "lakh", "crore"})
_NEEDS_OF = re.compile(r"mill[oó]n|milh|bilh|milliard|million|milion|miliard")
_AMERICAN = ("US", "CA", "AU", "MX", "NZ")


def speak_money(text: MappedText, language: Language) -> MappedText:
    """Replace amounts of money."""
    text = text.sub(_before(language), lambda m: _amount(m, language))
    text = text.sub(_after(language), lambda m: _amount(m, language))
    if language.is_british:
        text = text.sub(
            _PENCE, lambda m: f"{cardinal(int(m[1]), language)} {'penny' if m[1] == '1' else 'pence'}"
        )
    return text.sub(_CENTS, lambda m: _cents(m, language))


_PENCE = re.compile(r"(?<![\w.,])(\d{1,2})p(?![\w])")
_CENTS = re.compile(r"(?<![\w.,])(\d{1,2})\s?(¢|ct\b|c\b(?=\.|,|\s|$)(?<=¢))")


@cache
def _number(language: Language) -> str:
    space = r"|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?" if language.decimal == "," else ""
    return rf"(?P<number>\d{{1,3}}(?:[.,'’\u00a0\u202f]\d{{2,3}})+(?:[.,]\d{{1,2}})?(?!\d){space}|\d+(?:[.,]\d+)?)"


@cache
def _multiplier(language: Language) -> str:
    words = sorted(language.words.multipliers, key=len, reverse=True)
    return (
        rf"(?:[ \u00a0\u202f-]?(?P<multiplier>{'|'.join(map(re.escape, words))})(?!\w))"
        if words
        else r"(?P<multiplier>(?!))"
    )


@cache
def _before(language: Language) -> re.Pattern[str]:
    symbols = "|".join(map(re.escape, sorted(symbols_of(language), key=len, reverse=True)))
    return re.compile(
        rf"(?<![\w$€£₹])(?P<sign>[-−+]?)(?P<currency>{symbols}|(?:{CODES})(?=[ \u00a0\d]))[ \u00a0\u202f]?(?P<minus>-?){_number(language)}(?![\d])(?![.,]\d)(?P<dash>[.,][-–—]+)?"
        rf"{_multiplier(language)}?(?![A-Za-zÀ-ÿ])(?:[ \u00a0](?:(?P<code>{CODES})|(?P<named>{_names(language)})){WORD_END})?"
    )


@cache
def _after(language: Language) -> re.Pattern[str]:
    symbols = "|".join(
        map(
            re.escape,
            sorted(
                (s for s in symbols_of(language) if s not in ("Rs", "Rs.", "R$", "Fr.", "Rp", "Rp.")),
                key=len,
                reverse=True,
            ),
        )
    )
    names = _names(language)
    return re.compile(
        rf"(?<![\w.,:])(?P<sign>[-−]?){_number(language)}(?P<dash>[,.][-–—]+)?{_multiplier(language)}?(?: (?P<of>de|d['’]))?[ \u00a0\u202f]?"
        rf"(?:(?P<currency>{symbols}|{CODES}){WORD_END}|(?P<name>{names}){WORD_END})"
    )


@cache
def _names(language: Language) -> str:
    """The currency words after which an amount with decimals is a price."""
    found = sorted(
        {n for names in language.words.currencies.values() for n in names[:2] if n}, key=len, reverse=True
    )
    return "|".join(map(re.escape, found)) or "(?!)"


def _amount(match: re.Match[str], language: Language) -> Replacement:
    groups = match.groupdict()
    number = parse_number(groups["number"], language)
    if number is None:
        return None
    if language.code == "tr" and match.string[match.end() :].startswith(("'", "’")):
        # The ending of "250 TL'ye" is that of the abbreviation.
        return None
    if groups["currency"] == "Fr." and _is_friday(match, language):
        return None
    # "$50 MXN": the code is more exact than the sign.
    named = _code_of(groups.get("named") or "", language) if groups["currency"] == "$" else ""
    currency = (
        groups.get("code")
        or named
        or symbols_of(language).get(groups["currency"] or "", groups["currency"] or "")
    )
    currency = currency or _code_of(groups["name"] or "", language)
    if groups["currency"] == "$" and not groups.get("code") and not named and language.region == "MX":
        currency = "MXN"
    if not currency:
        return None
    if len(number.fraction) == 3 and number.integer and language.decimal == ",":
        # "$1,000" in Spanish is a thousand; "$3.999" in English is the price of a gallon.
        number = Number(int(f"{number.integer}{number.fraction}"))
    if groups.get("name") and not number.fraction and not groups.get("dash"):
        # Written with its name, an integer needs no help beyond its own words.
        return None
    minus = "-" in (groups["sign"] or "") or "−" in (groups["sign"] or "") or groups.get("minus") == "-"
    sign = f"{language.words.minus} " if minus else ""
    multiplier = language.words.multipliers.get(groups["multiplier"] or "", "")
    spoken = (
        _multiplied(number, multiplier, currency, language)
        if multiplier
        else _price(number, currency, language)
    )
    return f"{sign}{spoken}{'.' if _ends_sentence(match) else ''}"


def _ends_sentence(match: re.Match[str]) -> bool:
    """Whether the full stop of an abbreviation such as "kr." also ends the sentence."""
    after = match.string[match.end() :].lstrip()
    return match.group().endswith("kr.") and (not after or after[0].isupper())


def _is_friday(match: re.Match[str], language: Language) -> bool:
    """Whether "Fr." is Friday and the number an hour: "Mo.–Fr. 8 bis 17 Uhr"."""
    if language.region not in ("CH", "LI"):
        return True
    before, after = match.string[: match.start()], match.string[match.end() :]
    return bool(re.search(r"(?:[-–—&,+]|\b(?:und|bis))\s*$", before)) or bool(
        re.match(r"\s*(?:[-–—]|bis|Uhr|h\b)", after)
    )


def _multiplied(number: Number, multiplier: str, currency: str, language: Language) -> str:
    joint = f" {language.words.of}" if language.words.of and _NEEDS_OF.match(multiplier) else ""
    if language.code == "de" and number.is_one:
        number_text, multiplier = (
            ("eine", multiplier.removesuffix("en")) if multiplier.startswith("Mi") else ("ein", multiplier)
        )
    elif language.code == "de" and multiplier == "tausend":
        return (
            f"{in_words(number, language)}tausend {_unit(number, currency, language, plural=True)}"
            if not number.fraction
            else f"{in_words(number, language)} tausend {_unit(number, currency, language, plural=True)}"
        )
    else:
        number_text = in_words(number, language, "masculine" if number.is_one else "")
    if number.is_one and language.code in ("es", "fr", "pt", "it"):
        multiplier = {
            "milioni": "milione",
            "miliardi": "miliardo",
            "millones": "millón",
            "millions": "million",
            "milliards": "milliard",
            "milhões": "milhão",
            "bilhões": "bilhão",
        }.get(multiplier, multiplier)
        if multiplier in ("mil", "mille", "mila"):
            number_text, multiplier = "", "mille" if multiplier == "mila" else multiplier
    unit = _unit(number, currency, language, plural=True)
    return _elided(f"{number_text} {multiplier}{joint} {unit}".strip(), language)


def _elided(text: str, language: Language) -> str:
    """The text with "d'euros" instead of "de euros" in French."""
    return re.sub(r" de (?=[aeiouy])", " d'", text) if language.code == "fr" else text


def _price(number: Number, currency: str, language: Language) -> str:
    subunits = language.words.currencies.get(currency, ("", "", "", ""))[2:]
    fraction = number.fraction
    if fraction and (len(fraction) > 2 or not subunits[0]) and fraction.strip("0"):
        return f"{in_words(number, language)} {_unit(number, currency, language, plural=True)}"
    cents = int(f"{fraction}0"[:2]) if fraction else 0
    whole = Number(number.integer)
    units = f"{_count(whole, currency, language)}{_of(whole, language)}{_unit(whole, currency, language)}"
    units = _elided(units, language)
    if not cents:
        return units
    if language.code in ("de", "nl"):
        return (
            f"{units} {cardinal(cents, language)}"
            if number.integer
            else f"{_count(Number(cents), currency, language)} {subunits[0]}"
        )
    small = f"{_count(Number(cents), currency, language, subunit=True)} {subunits[0] if cents == 1 else subunits[1]}"
    if not number.integer:
        return small
    return f"{units} {language.words.currency_joint} {small}".replace("  ", " ")


def _of(number: Number, language: Language) -> str:
    """The word between a number and its currency: "un millón de euros", "un milione di euro"."""
    of = language.words.of if number.integer and number.integer % 1_000_000 == 0 else ""
    return f" {of} " if of else " "


def _count(number: Number, currency: str, language: Language, *, subunit: bool = False) -> str:
    if language.code in ("es", "fr", "pt", "it"):
        feminine = currency in ("GBP", "INR", "SEK", "NOK", "DKK", "CZK", "TRY") and not subunit
        return cardinal(number.integer, language, "feminine" if feminine else "masculine")
    if language.code == "de":
        return (
            "eine"
            if number.is_one and currency in ("INR", "SEK", "NOK", "DKK", "TRY")
            else cardinal(number.integer, language, "masculine")
        )
    if language.code in ("sv", "da", "no"):
        neuter = subunit and currency in ("SEK", "DKK", "NOK")
        return cardinal(number.integer, language, "masculine" if neuter or currency == "GBP" else "feminine")
    return cardinal(number.integer, language)


def _unit(number: Number, currency: str, language: Language, *, plural: bool = False) -> str:
    names = language.words.currencies.get(currency)
    single = number.is_one and not plural
    if names:
        return names[0] if single else names[1]
    return _cldr_name(currency, "1" if single else "5", language.code)


@lru_cache(maxsize=256)
def _cldr_name(currency: str, count: str, code: str) -> str:
    try:
        name = get_currency_name(currency, count=int(count), locale=code)
    except (UnknownLocaleError, ValueError):
        return currency
    return name


def _code_of(name: str, language: Language) -> str:
    for code, names in language.words.currencies.items():
        if name in names[:2]:
            return code
    return ""


def _cents(match: re.Match[str], language: Language) -> Replacement:
    code = "EUR" if language.code in ("de", "fr") else "USD"
    names = language.words.currencies.get(code)
    if names is None or not names[2]:
        return None
    value = int(match[1])
    return f"{_count(Number(value), code, language, subunit=True)} {names[2] if value == 1 else names[3]}"
