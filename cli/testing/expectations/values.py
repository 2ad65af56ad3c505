"""Reads the values of expectations; an unusable value is a ValueError with the remedy. No I/O, no clock."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cli.testing.located_yaml import suggestion
from cli.testing.outcome import Outcome

Check = Callable[[Outcome], str]
"""Returns the mismatch, or an empty text."""
Reader = Callable[[Any], Check]
"""Makes a check from the value of a key; raises ValueError if the value is unusable."""

_AT_LEAST, _AT_MOST = "at least ", "at most "


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text."""
    items = value if isinstance(value, list) else [value]
    for item in items:
        if isinstance(item, bool) or not isinstance(item, str | int | float) or not str(item).strip():
            raise ValueError(f"must be a text or a list of texts, not {item!r}; put it in quotes")
    return tuple(map(str, items))


def texts_or_none(value: Any) -> tuple[str, ...]:
    """A list of texts, which may be empty."""
    return () if value == [] else texts(value)


def patterns(value: Any) -> tuple[re.Pattern[str], ...]:
    """Regular expressions, which ignore case."""
    compiled = []
    for text in texts(value):
        try:
            compiled.append(re.compile(text, re.IGNORECASE))
        except re.error as error:
            raise ValueError(f"{text!r} is not a regular expression: {error}") from None
    return tuple(compiled)


def positive(value: Any) -> float:
    """A number above 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError(f"must be a number above 0, not {value!r}")
    return float(value)


def limits(value: Any, allowed: Collection[str]) -> dict[str, float]:
    """Some of the allowed limits, each a number above 0."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must have one of: {', '.join(allowed)}")
    for key in value:
        if key not in allowed:
            raise ValueError(f"unknown key `{key}`; {suggestion(str(key), allowed)}")
    return {str(key): positive(limit) for key, limit in value.items()}


def count_matcher(value: Any) -> Callable[[int], bool]:
    """A number, `at least N`, or `at most N`."""
    text = str(value)
    number = text.removeprefix(_AT_LEAST).removeprefix(_AT_MOST)
    if isinstance(value, bool) or not number.isdecimal():
        raise ValueError(f"must be a number such as 2, `at least 1` or `at most 3`, not {value!r}")
    wanted = int(number)
    if text.startswith(_AT_LEAST):
        return lambda got: got >= wanted
    if text.startswith(_AT_MOST):
        return lambda got: got <= wanted
    return lambda got: got == wanted


def count(name: str, of: Callable[[Outcome], int]) -> Reader:
    """A reader for a number of something."""

    def read(value: Any) -> Check:
        fits = count_matcher(value)

        def check(outcome: Outcome) -> str:
            got = of(outcome)
            return "" if fits(got) else f"expected {value} {name}, got {got}"

        return check

    return read


def equal_texts(name: str, of: Callable[[Outcome], list[str]]) -> Reader:
    """A reader for exactly these texts in this order."""

    def read(value: Any) -> Check:
        wanted = list(texts_or_none(value))

        def check(outcome: Outcome) -> str:
            got = of(outcome)
            return "" if got == wanted else f"expected the {name} {wanted}, got {got}"

        return check

    return read


def is_subset(wanted: Any, got: Any) -> bool:
    """Whether `got` has every wanted value; its mappings may have more keys, its lists more items."""
    if isinstance(wanted, Mapping):
        return isinstance(got, Mapping) and all(
            str(key) in got and is_subset(value, got[str(key)]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(got, list) and all(any(is_subset(item, other) for other in got) for item in wanted)
    if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None:
        return wanted is got
    if isinstance(wanted, str) and wanted.startswith("/") and wanted.endswith("/") and len(wanted) > 2:
        return re.search(wanted[1:-1], str(got), re.IGNORECASE) is not None
    return str(wanted).casefold() == str(got).casefold()


def check_patterns(value: Any) -> None:
    """Raise ValueError for an invalid pattern `/…/` in a value of `is_subset`."""
    if isinstance(value, Mapping):
        for item in value.values():
            check_patterns(item)
    elif isinstance(value, list):
        for item in value:
            check_patterns(item)
    elif isinstance(value, str) and value.startswith("/") and value.endswith("/") and len(value) > 2:
        patterns(value[1:-1])
