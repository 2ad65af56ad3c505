"""Words in plain letters, so that two recognitions of them can be compared. No I/O."""

import unicodedata


def plain_words(text: str) -> list[str]:
    """Return the words of a text in lower case, without accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = (_plain(char) for char in decomposed)
    return "".join(letters).split()


def similarity(one: str, other: str) -> float:
    """Return how much two words are alike, from 0 to 1."""
    if one == other:
        return 1.0
    length = max(len(one), len(other))
    if abs(len(one) - len(other)) * 2 > length or length > _MAX_WORD_CHARS:
        return 0.0
    return 1 - _distance(one, other) / length


_MAX_WORD_CHARS = 40


def _distance(one: str, other: str) -> int:
    """Number of letters to insert, delete or replace."""
    row = list(range(len(other) + 1))
    for n, char in enumerate(one, 1):
        diagonal, row[0] = row[0], n
        for m, other_char in enumerate(other, 1):
            diagonal, row[m] = (
                row[m],
                min(row[m] + 1, row[m - 1] + 1, diagonal + (char != other_char)),
            )
    return row[-1]


def _plain(char: str) -> str:
    if unicodedata.combining(char) or char in "'\u2019":
        return ""
    return char if unicodedata.category(char)[0] in "LMN" else " "
