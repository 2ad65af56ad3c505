"""Judges whether a dictated e-mail address is complete. No I/O, no clock."""

import re
from collections.abc import Mapping, Sequence

from services.stt.completion.formats import Formats, Progress
from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import plain

_MAX_CHARS = 300
_MAX_PHRASE_WORDS = 4
_ADDRESS = re.compile(r"([\w.%+\-]*)@([\w.\-]*)$")
_TRAILING = ".,;:!?…"


def email_progress(
    text: str, vocabularies: Sequence[Vocabulary], formats: Formats, *, language: str, requested: bool
) -> Progress | None:
    """Judge the address at the end of a text; None if it has no address.

    Args:
        text: the caller's words.
        vocabularies: the languages of the text.
        formats: the top-level domains.
        language: the tag of the agent's language.
        requested: whether the caller was requested to give an address, so that "at" means "@".
    """
    written = plain(text[-_MAX_CHARS:])
    results = [
        _progress(_spoken_symbols(written, words), formats, language, words.domain_words)
        for words in vocabularies
    ]
    has_sign = "@" in written
    found = [result for result in results if result is not None]
    if not found or not (has_sign or requested or any(result is not Progress.INCOMPLETE for result in found)):
        return None
    return max(found, key=lambda result: result.value)


def _spoken_symbols(text: str, vocabulary: Vocabulary) -> str:
    """Write spoken punctuation as characters, and leave out the spaces between letters."""
    words = text.split()
    written: list[str] = []
    position = 0
    while position < len(words):
        for length in range(_MAX_PHRASE_WORDS, 0, -1):
            phrase = tuple(word.strip(_TRAILING) for word in words[position : position + length])
            symbol = vocabulary.symbols.get(phrase)
            if symbol is not None and len(phrase) == length:
                written.append(symbol)
                position += length
                break
        else:
            written.append(words[position].rstrip(",;:!?…"))
            position += 1
    return " ".join(written)


def _progress(text: str, formats: Formats, language: str, domain_words: Mapping[str, str]) -> Progress | None:
    before, at_sign, domain = text.rpartition("@")
    if not at_sign or not before.strip():
        return None
    domain = " ".join(domain_words.get(word.rstrip(_TRAILING), word) for word in domain.split())
    unfinished = text.rstrip().endswith(("@", " .", "-", "_"))
    match = _ADDRESS.search("x@" + domain.replace(" ", "").rstrip(_TRAILING))
    if match is None:
        # Words follow that do not belong to an address.
        return None
    name, dot, top = match.group(2).rpartition(".")
    if unfinished or not dot or not name or not top:
        return Progress.INCOMPLETE
    if top in formats.open_domains:
        return Progress.PLAUSIBLE
    if top not in formats.domains:
        return Progress.INCOMPLETE
    if top == "com" and name in formats.continued_domains:
        return Progress.INCOMPLETE
    may_continue = top == "com" and language.lower().startswith("pt") and name not in formats.mail_providers
    return Progress.PLAUSIBLE if may_continue else Progress.COMPLETE
