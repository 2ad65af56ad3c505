"""Makes texts of a provider fit for a log: without keys, telephone numbers and the conversation. No I/O."""

import re
from collections.abc import Sequence

MAX_CHARS = 200
"""Length of a provider's message in the log."""
_HIDDEN = "…"
_KEY = re.compile(
    r"\b(?:sk|pk|rk|gsk|key|xai|csk|nvapi|hf|api)[-_][A-Za-z0-9*_-]{3,}|\bAIza[\w-]{6,}|(?i:bearer)\s+\S+"
    r"|\beyJ[\w-]{8,}(?:\.[\w-]+)*|\b[A-Fa-f0-9]{24,}\b|\b(?=\w*\d)(?=\w*[A-Za-z])\w{32,}\b|\S*\*{3,}\S*"
)
_DIGITS = re.compile(r"(?<!\d)(?!\d{4}-\d\d-\d\d(?!\d))\+?\d(?:[\s().-]{0,2}\d){6,}")
"""Seven digits and more, as of telephone numbers and cards, but not the date of a model's name."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_WINDOW = 16
_MIN_PRIVATE = 4


def safe_message(text: str, private: Sequence[str]) -> str:
    """The first 200 characters of one line, without keys, numbers of seven digits and texts in `private`.

    Of the private texts also parts of 16 characters are hidden, as providers quote the beginning only.
    """
    line = " ".join(text[: 10 * MAX_CHARS].split())
    line = "".join(char for char in line if char.isprintable())
    for pattern in (_KEY, _ADDRESS, _DIGITS):
        line = pattern.sub(_HIDDEN, line)
    line = _hide_quotes(line, private)
    return line if len(line) <= MAX_CHARS else line[: MAX_CHARS - 1] + _HIDDEN


def _hide_quotes(line: str, private: Sequence[str]) -> str:
    texts = [" ".join(text.split()) for text in private]
    for text in sorted(
        {text for text in texts if _MIN_PRIVATE <= len(text) < _WINDOW}, key=len, reverse=True
    ):
        line = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", _HIDDEN, line)
    long = "\n".join(text for text in texts if len(text) >= _WINDOW)
    if not long:
        return line
    hidden = [False] * len(line)
    for start in range(len(line) - _WINDOW + 1):
        if line[start : start + _WINDOW] in long:
            hidden[start : start + _WINDOW] = [True] * _WINDOW
    result: list[str] = []
    for char, is_hidden in zip(line, hidden, strict=True):
        if not is_hidden:
            result.append(char)
        elif not result or result[-1] != _HIDDEN:
            result.append(_HIDDEN)
    return "".join(result)
