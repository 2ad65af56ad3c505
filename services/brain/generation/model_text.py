"""Checks which parts of a model's text can be stored and spoken. No I/O, no clock."""

import re

_UNSTORABLE = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Unpaired surrogates, which no event can contain, and control characters."""
_TAG = re.compile(r"<[^<>]*>")
_SENTENCE_END = re.compile(r"""[.!?…。！？।॥؟]["'”’)\]*_]*\s*$""")  # noqa: RUF001 - other scripts' marks


def clean(text: str) -> str:
    """Return the text without characters that cannot be stored or sent."""
    return _UNSTORABLE.sub("", text)


def is_speakable(text: str) -> bool:
    """Whether there is a letter or digit outside of tags; a voice cannot say anything else."""
    return any(character.isalnum() for character in _TAG.sub("", text))


def ends_sentence(text: str) -> bool:
    """Whether the text ends with the end of a sentence."""
    return _SENTENCE_END.search(text) is not None
