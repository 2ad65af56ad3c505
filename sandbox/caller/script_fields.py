"""The fields of one action in a script of a caller. No I/O, no clock."""

from collections.abc import Mapping

MAX_TEXT_CHARACTERS = 2000
_MAX_NUMBER = 1e9


class ScriptError(ValueError):
    """An invalid script; the text names the file and the step."""


class Fields:
    """The fields of one step; each is taken once, and the remaining ones are unknown."""

    __slots__ = ("_remaining", "_where")

    def __init__(self, value: object, where: str, shorthand: str | None = None) -> None:
        if value is None:
            value = {}
        elif shorthand and not isinstance(value, Mapping):
            value = {shorthand: value}
        if not isinstance(value, Mapping):
            raise ScriptError(f"{where}: expected fields such as `timeout_s: 5`, got {value!r}")
        self._remaining = {str(key): item for key, item in value.items()}
        self._where = where

    def take(self, name: str) -> object:
        """The value of a field, or None."""
        return self._remaining.pop(name, None)

    def text(self, name: str) -> str:
        """The value of a required text field."""
        value = self.take(name)
        if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
            raise ScriptError(f"{self._where}: {name} must be text, not {value!r}")
        if len(str(value)) > MAX_TEXT_CHARACTERS:
            raise ScriptError(f"{self._where}: {name} is longer than {MAX_TEXT_CHARACTERS} characters")
        return str(value).strip()

    def count(self, name: str, maximum: int) -> int:
        """A required whole number of at least 1."""
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= maximum:
            raise ScriptError(
                f"{self._where}: {name} must be a whole number from 1 to {maximum}, not {value!r}"
            )
        return value

    def number(self, name: str, default: float) -> float:
        """A non-negative number."""
        value = self._remaining.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_NUMBER:
            raise ScriptError(f"{self._where}: {name} must be a number, 0 or more, not {value!r}")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """A non-negative number, or None."""
        return self.number(name, 0) if name in self._remaining else None

    def reject_unknown(self) -> None:
        """Raise ScriptError if fields remain."""
        if self._remaining:
            raise ScriptError(f"{self._where}: unknown field {min(self._remaining)!r}")
