"""Checks a value by the type of its field, and normalizes it. No I/O, no clock."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from parley.agent_config import CollectedField
from parley.language_codes import common_code
from services.brain.collecting import dates, email_addresses, phone_numbers
from services.brain.collecting.problem import ValueProblem
from services.brain.collecting.yes_no import yes_no

_MAX_CHARS = 500
_MAX_NAME_CHARS = 100
_COMMA_DECIMALS = frozenset(
    {
        "de",
        "es",
        "fr",
        "pt",
        "it",
        "nl",
        "da",
        "sv",
        "no",
        "fi",
        "pl",
        "cs",
        "sk",
        "tr",
        "ru",
        "uk",
        "id",
        "vi",
    }
)


@dataclass(frozen=True, slots=True)
class ValueContext:
    """Facts on which the meaning of a value depends."""

    language: str
    """The language of the agent, such as `de-AT`."""
    region: str
    """The country of the called number, such as `AT`; empty without one."""
    today: date
    """The date in the agent's time zone."""


_CURRENCIES = "$\u20ac\u00a3\u00a5\u20b9\u20ba% "

_Normalize: TypeAlias = Callable[[CollectedField, str, ValueContext], str]


def normalize(field: CollectedField, value: object, context: ValueContext) -> str:
    """Return a value in the form that is stored.

    Raises:
        ValueProblem: it does not fit the field.
    """
    text = _text_of(value)
    if not text:
        raise ValueProblem("is empty")
    if len(text) > _MAX_CHARS:
        raise ValueProblem(f"is longer than {_MAX_CHARS} characters")
    normalized = _BY_TYPE[field.type](field, text, context)
    if field.pattern and not re.fullmatch(field.pattern, normalized):
        raise ValueProblem("does not have the form that the field requires; ask for it again")
    return normalized


def _text_of(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise ValueProblem("must be a text or a number")
    return " ".join(str(value).replace("\x00", "").split())


def _text(_field: CollectedField, text: str, _context: ValueContext) -> str:
    return text


def _name(_field: CollectedField, text: str, _context: ValueContext) -> str:
    if len(text) > _MAX_NAME_CHARS or any(c.isdigit() for c in text) or not any(c.isalpha() for c in text):
        raise ValueProblem("is not a name; ask for it again, spelled if necessary")
    # Letters that the caller spelled: "S-M-I-T-H", "S M I T H" or "S. M. I. T. H."
    text = re.sub(r"\b\w(?:(?:[-.,]\s?|\s)\w\b){2,}\.?", lambda m: re.sub(r"[-.,\s]", "", m[0]), text)
    is_plain = text.islower() or (text.isupper() and len(text) > 3)
    return re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), text) if is_plain else text


def _phone(_field: CollectedField, text: str, context: ValueContext) -> str:
    return phone_numbers.normalize(text, context.region)


def _email(_field: CollectedField, text: str, _context: ValueContext) -> str:
    return email_addresses.normalize(text)


def _date(_field: CollectedField, text: str, context: ValueContext) -> str:
    return dates.normalize_date(text, context.language, context.region, context.today)


def _time(_field: CollectedField, text: str, _context: ValueContext) -> str:
    return dates.normalize_time(text)


def _number(field: CollectedField, text: str, context: ValueContext) -> str:
    number = _decimal(text, context.language)
    if field.type == "integer" and number != number.to_integral_value():
        raise ValueProblem("is not a whole number")
    if (field.min is not None and number < Decimal(str(field.min))) or (
        field.max is not None and number > Decimal(str(field.max))
    ):
        low = f"at least {field.min:g}" if field.min is not None else ""
        high = f"at most {field.max:g}" if field.max is not None else ""
        raise ValueProblem(f"must be {' and '.join(filter(None, (low, high)))}")
    return f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"


def _decimal(text: str, language: str) -> Decimal:
    text = text.strip(_CURRENCIES)
    digits = re.sub(r"(?<=\d)[\s'\u00a0\u202f](?=\d)", "", text)
    comma = common_code(language) in _COMMA_DECIMALS
    if re.fullmatch(r"-?\d{1,3}([.,])\d{3}(\1\d{3})*", digits) and ("," in digits) != comma:
        digits = re.sub(r"[.,]", "", digits)
    elif comma and "," in digits:
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", "")
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise ValueProblem("is not a number; pass it in digits") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise ValueProblem("is not a number; pass it in digits")
    return number


def _yes_no(_field: CollectedField, text: str, context: ValueContext) -> str:
    answer = yes_no(text, context.language)
    if answer:
        return answer
    raise ValueProblem("must be yes or no; ask again if the caller was not clear")


def _choice(field: CollectedField, text: str, _context: ValueContext) -> str:
    key = text.casefold().strip(" .!,")
    for choice in field.choices:
        if choice.casefold() == key:
            return choice
    raise ValueProblem(f"must be one of: {', '.join(field.choices)}")


_BY_TYPE: Mapping[str, _Normalize] = {
    "text": _text,
    "name": _name,
    "phone": _phone,
    "email": _email,
    "date": _date,
    "time": _time,
    "number": _number,
    "integer": _number,
    "yes_no": _yes_no,
    "choice": _choice,
    "address": _text,
}
