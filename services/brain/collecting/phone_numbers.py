"""Telephone numbers as E.164, by the rules of the country that was called. No I/O, no clock."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from services.brain.collecting.problem import ValueProblem

_PLUS_WORDS = re.compile(r"^\s*(?:plus|más|mais|più)\s+", re.IGNORECASE)
_DIGIT_PAIRS = 2


def region_of(called: str, language: str) -> str:
    """Return the country whose numbers are meant without a country code: that of the called number.

    Without one (a SIP call), it is the region of the language; empty if neither names a country.
    """
    try:
        if region := phonenumbers.region_code_for_number(phonenumbers.parse(called)):
            return region
    except NumberParseException:
        pass
    region = language.replace("_", "-").partition("-")[2].upper()
    return region if region in phonenumbers.SUPPORTED_REGIONS else ""


def normalize(text: str, region: str) -> str:
    """Return a number as E.164.

    Raises:
        ValueProblem: it is no number of the country, or of the one that it names.
    """
    number = _parsed(_PLUS_WORDS.sub("+", text), region)
    if number is None:
        raise ValueProblem("is not a telephone number; ask for it digit by digit")
    if not phonenumbers.is_possible_number(number):
        reason = phonenumbers.is_possible_number_with_reason(number)
        short = reason == phonenumbers.ValidationResult.TOO_SHORT
        long = reason == phonenumbers.ValidationResult.TOO_LONG
        wrong = "has too few digits" if short else "has too many digits" if long else "cannot exist"
        raise ValueProblem(f"{wrong} for a telephone number; ask for it again")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def groups(e164: str, region: str) -> tuple[bool, tuple[str, ...]]:
    """Return whether the country code must be spoken, and the digits in the groups of their country."""
    number = phonenumbers.parse(e164)
    is_national = phonenumbers.region_code_for_number(number) == region or (
        bool(region) and number.country_code == phonenumbers.country_code_for_region(region)
    )
    form = PhoneNumberFormat.NATIONAL if is_national else PhoneNumberFormat.INTERNATIONAL
    found = re.findall(r"\d+", phonenumbers.format_number(number, form))
    if len(found) == 1:
        digits = found[0]
        found = [digits[n : n + _DIGIT_PAIRS] for n in range(0, len(digits), _DIGIT_PAIRS)]
    return not is_national, tuple(found)


def _parsed(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region or None)
    except NumberParseException:
        return None
