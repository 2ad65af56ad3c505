"""Judges from its characters whether a dictated number is complete, by `formats.yaml`. No I/O, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from string import ascii_lowercase
from typing import Any

import yaml

_CARD_DIGITS, _AMEX_DIGITS = 16, 15
_MIN_UNKNOWN_PHONE_DIGITS = 10
_MIN_TRUNK_DIGITS = 11
"""Digits of a number with a leading zero from a country that is not certain."""


class Progress(Enum):
    """Whether a dictation is complete."""

    INCOMPLETE = auto()
    PLAUSIBLE = auto()
    """The dictation may be complete, and may continue."""
    COMPLETE = auto()


@dataclass(frozen=True, slots=True)
class _PhoneLengths:
    """Digits after the calling code from which a number may be complete, and is complete."""

    plausible: int
    complete: int
    mobile: Mapping[str, int] = field(default_factory=dict)
    """Lengths of numbers with certain beginnings, as patterns."""

    def progress(self, national: str) -> Progress:
        """Judge the digits after the calling code, without a leading zero."""
        plausible, complete = self.plausible, self.complete
        for beginning, length in self.mobile.items():
            if re.match(beginning, national):
                plausible, complete = length - 1, length
                break
        if len(national) >= complete:
            return Progress.COMPLETE
        return Progress.PLAUSIBLE if len(national) >= plausible else Progress.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Formats:
    """Lengths and patterns of the numbers of all countries."""

    iban: Mapping[str, int]
    phone: Mapping[str, _PhoneLengths]
    calling_codes: Mapping[str, Sequence[str]]
    postcodes: Mapping[str, re.Pattern[str]]
    domains: frozenset[str]
    open_domains: frozenset[str]
    mail_providers: frozenset[str]
    continued_domains: frozenset[str]
    """Providers whose domain has another part after `com`."""

    def card_progress(self, digits: str) -> Progress:
        """Judge the digits of a payment card."""
        length = _AMEX_DIGITS if digits.startswith(("34", "37")) else _CARD_DIGITS
        return Progress.COMPLETE if len(digits) >= length else Progress.INCOMPLETE

    def may_be_card(self, numbers: Sequence[str], language: str) -> bool:
        """Whether digits are too many for a telephone number and begin like a payment card."""
        digits = "".join(numbers)
        if not (
            _MIN_UNKNOWN_PHONE_DIGITS < len(digits) <= _CARD_DIGITS
            and digits.startswith(("3", "4", "5", "6"))
        ):
            return False
        codes = _by_language(self.calling_codes, language) or ()
        return {len(number) for number in numbers} == {4} or not digits.startswith(tuple(codes))

    def is_mixed_postcode(self, chars: str) -> bool:
        """Whether letters and digits form a British or Canadian postcode."""
        return any(self.postcodes[tag].fullmatch(chars) is not None for tag in ("en-gb", "en-ca"))

    def iban_progress(self, chars: str) -> Progress:
        """Judge the characters of an IBAN."""
        length = self.iban.get(chars[:2].upper(), 0)
        return Progress.COMPLETE if length and len(chars) >= length else Progress.INCOMPLETE

    def is_iban(self, chars: str) -> bool:
        """Whether the characters begin like an IBAN."""
        return chars[:2].upper() in self.iban and (chars[2:4].isdigit() and len(chars) > 3)

    def postcode_progress(self, chars: str, language: str) -> Progress:
        """Judge the characters of a postcode."""
        pattern = _by_language(self.postcodes, language)
        # A town may follow that is a word of the spelling alphabet too: "80331 München".
        complete = pattern is not None and any(map(pattern.fullmatch, (chars, chars.rstrip(ascii_lowercase))))
        return Progress.COMPLETE if complete else Progress.INCOMPLETE

    def phone_progress(self, chars: str, digits: str, language: str) -> Progress:
        """Judge the digits of a telephone number in the countries of a language, or of its calling code."""
        if chars.startswith("+") or digits.startswith("00"):
            return self._international(digits.removeprefix("00") if not chars.startswith("+") else digits)
        codes = _by_language(self.calling_codes, language) or ()
        found = {self._national(digits, code) for code in codes if _fits(digits, code)}
        if not found:
            certain = _MIN_TRUNK_DIGITS if digits.startswith("0") else _MIN_UNKNOWN_PHONE_DIGITS
            return Progress.COMPLETE if len(digits) >= certain else Progress.INCOMPLETE
        if len(found) == 1:
            return found.pop()
        return Progress.INCOMPLETE if found == {Progress.INCOMPLETE} else Progress.PLAUSIBLE

    def _international(self, digits: str) -> Progress:
        for length in (3, 2, 1):
            lengths = self.phone.get(digits[:length])
            if lengths is not None:
                return lengths.progress(digits[length:].removeprefix("0"))
        return Progress.COMPLETE if len(digits) > _MIN_UNKNOWN_PHONE_DIGITS else Progress.INCOMPLETE

    def _national(self, digits: str, code: str) -> Progress:
        lengths = self.phone[code]
        if code == "1" or (len(digits) > lengths.complete and digits.startswith(code)):
            return lengths.progress(digits.removeprefix(code))
        return lengths.progress(digits.removeprefix("0"))


def _fits(digits: str, code: str) -> bool:
    """Whether digits without a calling code can be a number of this country."""
    return not digits.startswith("0") if code == "1" else digits.startswith("0") or code not in _TRUNK_CODES


_TRUNK_CODES = frozenset({"31", "32", "33", "41", "43", "44", "46", "49", "61", "64", "353"})
"""Countries in which a national number begins with a zero."""


def _by_language(table: Mapping[str, Any], language: str) -> Any:
    tag = language.lower().replace("_", "-")
    return table.get(tag, table.get(tag.partition("-")[0]))


@cache
def load_formats() -> Formats:
    """Return the formats of `formats.yaml`."""
    data: dict[str, Any] = yaml.safe_load((files(__package__) / "formats.yaml").read_text(encoding="utf-8"))
    return Formats(
        iban=data["iban"],
        phone={code: _PhoneLengths(**lengths) for code, lengths in data["phone"].items()},
        calling_codes=data["calling_codes"],
        postcodes={tag: re.compile("|".join(patterns)) for tag, patterns in data["postcodes"].items()},
        domains=frozenset(data["domains"]["complete"].split()),
        open_domains=frozenset(data["domains"]["open"].split()),
        continued_domains=frozenset(data["domains"]["continued"].split()),
        mail_providers=frozenset(data["domains"]["providers"].split()),
    )
