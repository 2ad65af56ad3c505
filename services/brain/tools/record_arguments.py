"""The arguments of a tool call that keeps records, checked and in normal form. No I/O."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from parley.records.numbers import normal_number
from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed

MAX_CHARS = 500
MAX_TEXT_CHARS = 4000
_MIN_DIGITS = 3
_MAX_DIGITS = 15


class Arguments:
    """The arguments of one tool call; a wrong one raises ToolFailed with what to correct."""

    def __init__(self, call: ToolCall) -> None:
        values = json.loads(call.arguments or "{}")
        self._values: Mapping[str, Any] = values if isinstance(values, dict) else {}

    def text(self, name: str, max_chars: int = MAX_CHARS) -> str:
        """Return an optional text; empty if it is missing."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ToolFailed(f"{name} must be a text")
        text = str(value).replace("\x00", "").strip()
        if len(text) > max_chars:
            raise ToolFailed(f"{name} is too long: at most {max_chars} characters")
        return text

    def required(self, name: str, max_chars: int = MAX_CHARS) -> str:
        """Return a text that must be there."""
        text = self.text(name, max_chars)
        if not text:
            raise ToolFailed(f"{name} is missing: ask the caller for it")
        return text

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """Return one of the choices in its own spelling; empty if the argument is missing."""
        text = self.text(name)
        if not text or not choices:
            return text
        by_spelling = {choice.casefold(): choice for choice in choices}
        if text.casefold() not in by_spelling:
            raise ToolFailed(f"{name}: {text[:60]!r} is not one of: {', '.join(choices)}")
        return by_spelling[text.casefold()]

    def number(self, name: str, default: str) -> str:
        """Return a telephone number in normal form; the default if it is missing."""
        text = self.text(name)
        if not text:
            return default
        number = normal_number(text)
        if not _MIN_DIGITS <= sum(map(str.isdigit, number)) <= _MAX_DIGITS:
            raise ToolFailed(f"{name}: {text[:40]!r} is not a telephone number: ask the caller to repeat it")
        return number

    def amount(self, name: str) -> Decimal | None:
        """Return an amount of money or a count; None if it is missing."""
        value = self._values.get(name)
        if value is None or value == "":
            return None
        try:
            amount = Decimal(str(value).replace(",", "").replace(" ", ""))
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not amount.is_finite() or abs(amount) > Decimal(10) ** 15:
            raise ToolFailed(f"{name} must be a plain number, such as 250000")
        return amount if amount != 0 else Decimal(0)
