"""Replaces numbers in the words of a call by invented ones. No I/O, no clock."""

import re
from collections.abc import Mapping
from typing import Any

_INVENTED = "5550100"
_MIN_DIGITS = 4
"""Shorter numbers are times, prices and counts."""
_FIGURES = re.compile(r"\+?\d(?:[ ().\-/]{0,2}\d){3,}")
_DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORDS = re.compile(
    rf"\b(?:{'|'.join(_DIGIT_WORDS)}|oh)\b(?:[\s,.\-]+(?:{'|'.join(_DIGIT_WORDS)}|oh|double|triple)\b){{3,}}",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with other digits in every number of four or more."""
    return _WORDS.sub(_other_words, _FIGURES.sub(_other_figures, text))


def redact_data(value: Any) -> Any:
    """Loaded JSON with other digits in its texts and numbers."""
    match value:
        case str():
            return redact(value)
        case bool():
            return value
        case int() if len(str(abs(value))) >= _MIN_DIGITS:
            return int(redact(str(abs(value))))
        case Mapping():
            return {key: redact_data(item) for key, item in value.items()}
        case list():
            return [redact_data(item) for item in value]
        case _:
            return value


def redact_keys(digits: str) -> str:
    """Pressed keys with other digits, if they are as long as a number; `*` and `#` stay."""
    figures = [key for key in digits if key.isdecimal()]
    return digits if len(figures) < _MIN_DIGITS else _with_invented(digits)


def _other_figures(match: re.Match[str]) -> str:
    return _with_invented(match[0])


def _with_invented(text: str) -> str:
    position = 0
    characters: list[str] = []
    for character in text:
        if character.isdecimal():
            characters.append(_INVENTED[position % len(_INVENTED)])
            position += 1
        else:
            characters.append(character)
    return "".join(characters)


def _other_words(match: re.Match[str]) -> str:
    count = len(re.findall(r"\w+", match[0]))
    return " ".join(_DIGIT_WORDS[int(_INVENTED[n % len(_INVENTED)])] for n in range(count))
