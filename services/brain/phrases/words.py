"""Splits an utterance into words that can be compared, however a recogniser writes them. No I/O."""

import re
import unicodedata

_DEVANAGARI_CANDRABINDU, _DEVANAGARI_ANUSVARA = "\u0901", "\u0902"
_APOSTROPHES = "'\u2019\u02bc`\u00b4"
_HYPHENS = "-\u2010\u2011"
_QUESTION_MARK = re.compile(r"[?\uff1f\u061f][\W_]*$|^[\W_]*\u00bf")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words in lower case, without accents, apostrophes and punctuation; hyphens separate them."""
    return _split(text, hyphen=" ")


def words_joined(text: str) -> tuple[str, ...]:
    """Return the words like `words_of`, but with hyphenated words joined: "mm-hmm" is "mmhmm"."""
    return _split(text, hyphen="")


def is_interrogative(text: str) -> bool:
    """Whether a text ends with a question mark of any script, or begins with one."""
    return bool(_QUESTION_MARK.search(text))


def variants(word: str) -> tuple[str, ...]:
    """Return a word and the shorter forms of a word that is drawn out: "yeahhh" may be "yeah"."""
    if not _DRAWN_OUT.search(word):
        return (word,)
    return word, _DRAWN_OUT.sub(r"\1\1", word), _DRAWN_OUT.sub(r"\1", word)


def _split(text: str, *, hyphen: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return tuple("".join(_plain(char, hyphen) for char in plain).split())


def _plain(char: str, hyphen: str) -> str:
    if char == _DEVANAGARI_CANDRABINDU:
        # Recognisers write either of the two signs.
        return _DEVANAGARI_ANUSVARA
    if unicodedata.combining(char) or char in _APOSTROPHES:
        return ""
    if char in _HYPHENS:
        return hyphen
    return char if unicodedata.category(char)[0] in "LMN" else " "
