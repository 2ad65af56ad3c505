"""Telephone numbers and field values in the form in which they are compared. No I/O."""

import re
import unicodedata

_WITHHELD = frozenset(
    {"anonymous", "unavailable", "restricted", "unknown", "+266696687", "+7378742833", "+86282452253"}
)
"""Twilio sends one of these instead of a number that is withheld: words, or the same in digits."""
_NOT_DIGITS = re.compile(r"[^0-9]")


def caller_number(number: str) -> str:
    """Return a caller's number, or the address of a SIP or client caller; empty if it is withheld."""
    number = number.strip()
    if number.lower() in _WITHHELD:
        return ""
    return normal_number(number) if number.startswith("+") else number


def normal_number(number: str, country_code: str = "") -> str:
    """Return a number as `+` and digits, or only its digits if it has no country code.

    A number that begins with a single 0 gets `country_code`, such as `49`, if one is given.
    """
    text = number.strip()
    digits = _NOT_DIGITS.sub("", text.replace("(0)", ""))
    if text.startswith("+"):
        return f"+{digits}" if digits else ""
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if country_code and digits:
        return f"+{country_code}{digits.removeprefix('0')}"
    return digits


def comparable(value: str) -> str:
    """Return a value in lower case, without accents, punctuation and repeated spaces."""
    letters = unicodedata.normalize("NFKD", value.casefold())
    plain = "".join(letter for letter in letters if letter.isalnum() or letter.isspace() or letter in "@.")
    return " ".join(plain.split())
