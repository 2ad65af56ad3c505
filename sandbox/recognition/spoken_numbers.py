"""Writes spoken English numbers in figures, as Deepgram's `numerals` and `smart_format` do. No I/O."""

from collections.abc import Iterator, Sequence

from sandbox.recognition.recogniser import Word

_DIGITS = {
    "zero": 0,
    "oh": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
}
_TEENS = {
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_NUMBERS = {**_DIGITS, **_TEENS, **_TENS}
_MIN_WRITTEN = 10
"""Smart formatting leaves single numbers below ten in words."""
_PHONE_GROUPS = {7: (3, 4), 10: (3, 3, 4)}


def write_numbers(words: Sequence[Word], *, smart: bool) -> tuple[Word, ...]:
    """Replace spoken numbers; the words of a number become one word with the times of all of them."""
    found: list[Word] = []
    for run in _runs(words):
        text = _written([word.text for word in run], smart=smart)
        if text is None:
            found += run
        else:
            confidence = min(word.confidence for word in run)
            found.append(Word(text, run[0].start_ms, run[-1].end_ms, confidence, run[0].language))
    return tuple(found)


def _runs(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Consecutive number words together, other words alone."""
    run: list[Word] = []
    for word in words:
        if word.text in _NUMBERS:
            run.append(word)
            continue
        if run:
            yield run
            run = []
        yield [word]
    if run:
        yield run


def _written(texts: Sequence[str], *, smart: bool) -> str | None:
    """The figures of a run; None to leave the words."""
    if texts[0] not in _NUMBERS or texts == ["oh"]:
        return None
    if len(texts) == 1 and smart and _NUMBERS[texts[0]] < _MIN_WRITTEN:
        return None
    figures = "".join(_parts(texts))
    groups = _PHONE_GROUPS.get(len(figures)) if smart and all(text in _DIGITS for text in texts) else None
    if groups is None:
        return figures
    parts, at = [], 0
    for size in groups:
        parts.append(figures[at : at + size])
        at += size
    return "-".join(parts)


def _parts(texts: Sequence[str]) -> Iterator[str]:
    """The figures of each number: "twenty five" is one, "five two" are two."""
    tens = 0
    for text in texts:
        value = _NUMBERS[text]
        if tens and 0 < value < _MIN_WRITTEN:
            yield str(tens + value)
            tens = 0
            continue
        if tens:
            yield str(tens)
        tens = value if text in _TENS else 0
        if not tens:
            yield str(value)
    if tens:
        yield str(tens)
