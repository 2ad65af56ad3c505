"""Normalizes text to words that can be compared with vocabularies. No I/O, no clock."""

import re
import unicodedata

_EDGES = ".,;:!?…\"'()[]{}«»“”„`¿¡।॥-\u2010\u2011\u2013\u2014\u2018\u2019\u201a"
_HYPHENS = re.compile("[-\u2010\u2011\u2013\u2014]")
_NUKTA, _CHANDRABINDU, _ANUSVARA = "\u093c", "\u0901", "\u0902"
_SENTENCE_END = re.compile(r"(?<=[.!?।…])\s+")


def plain(text: str) -> str:
    """Return the text in lower case, with one spelling for characters that are written in several ways."""
    text = unicodedata.normalize("NFD", text).replace(_NUKTA, "").replace(_CHANDRABINDU, _ANUSVARA)
    return unicodedata.normalize("NFC", text).lower().replace("\u2019", "'")


def split_words(text: str) -> list[str]:
    """Return the words in lower case without punctuation; a hyphen separates words."""
    return [bare for word in _HYPHENS.sub(" ", plain(text)).split() if (bare := word.strip(_EDGES))]


def split_sentences(text: str) -> list[str]:
    """Return the sentences with their punctuation."""
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence]
