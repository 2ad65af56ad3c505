"""Whisper's tokens as text and words. No I/O."""

from collections.abc import Iterator, Sequence
from functools import cache

_SPACE = "Ġ"
"""How byte-level tokens write the space before a word."""
_MIN_LOOP_WORDS = 3
"""A phrase of so many words that follows itself is a loop of the model; shorter ones people repeat ("no no",
"very very")."""
_MAX_REPEATS = 4
"""Repetitions in a row of a shorter phrase that a person may make."""
_SURE_FACTOR = 4
"""More than so many times of that is a loop in any case."""
_MAX_LOOP_WORDS = 24


def is_text(token: str) -> bool:
    """Whether a token is part of the text, and not one of Whisper's own such as `<|endoftext|>`."""
    return not (token.startswith("<|") and token.endswith("|>"))


def to_text(tokens: Sequence[str]) -> str:
    """Decode byte-level tokens to text; bytes that are not UTF-8 are replaced."""
    codes = _byte_of_character()
    return bytes(codes[c] for token in tokens if is_text(token) for c in token if c in codes).decode(
        "utf-8", "replace"
    )


def word_spans(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """First and end index of the tokens of each word; punctuation belongs to the word before it."""
    begin = 0
    for index in range(1, len(tokens)):
        if tokens[index].startswith(_SPACE):
            yield begin, index
            begin = index
    if tokens:
        yield begin, len(tokens)


def loop_start(words: Sequence[str], *, sure: bool = False) -> int | None:
    """Return the number of words before the model began to repeat itself; None if it did not.

    `sure` is for a result in which repetitions are probably the speaker's.
    """
    plain = ["".join(c for c in word.lower() if c.isalnum()) for word in words]
    for size in range(1, min(_MAX_LOOP_WORDS, len(plain) // 2) + 1):
        allowed = (_MAX_REPEATS if size < _MIN_LOOP_WORDS else 1) * (_SURE_FACTOR if sure else 1)
        run = 0
        for index in range(size, len(plain)):
            run = run + 1 if plain[index] == plain[index - size] else 0
            if run >= size * allowed:
                return index + 1 - run
    return None


@cache
def _byte_of_character() -> dict[str, int]:
    """GPT-2's characters for bytes: printable ones stand for themselves, others are moved above 255."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    codes = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(0x100) if byte not in printable)
    return codes | {chr(0x100 + number): byte for number, byte in enumerate(others)}
