"""The texts of recordings, and the errors of a transcript. No I/O."""

from collections.abc import Sequence

from cli.wer import normalize

_UNSPOKEN = "[(<"
"""Texts with these describe noises, not words."""


def read_texts(listing: str) -> dict[str, str]:
    """Parse a listing with lines `NAME: WORDS`, as Asterisk has it for its prompts.

    Comments, and entries that are not only words, are left out.
    """
    found = {}
    for line in listing.splitlines():
        name, colon, words = line.partition(":")
        if colon and not name.startswith(";") and words.strip() and not any(c in words for c in _UNSPOKEN):
            found[name.strip()] = words.strip()
    return found


def word_errors(expected: str, found: str) -> tuple[int, int]:
    """Return the substituted, missing and additional words, and the number of expected words."""
    wanted, got = normalize(expected), normalize(found)
    return _distance(wanted, got), len(wanted)


def _distance(wanted: Sequence[str], got: Sequence[str]) -> int:
    """Levenshtein's distance in words."""
    row = list(range(len(got) + 1))
    for number, word in enumerate(wanted, 1):
        before, row[0] = row[0], number
        for index, other in enumerate(got, 1):
            before, row[index] = row[index], min(row[index] + 1, row[index - 1] + 1, before + (word != other))
    return row[-1]
