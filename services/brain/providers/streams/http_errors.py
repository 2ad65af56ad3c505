"""Texts of errors of a language model's server, fit for a log. No I/O."""

from collections.abc import Sequence

from services.brain.providers.streams.refusal import Refusal
from services.brain.providers.streams.safe_text import safe_message


def describe(refusal: Refusal, private: Sequence[str]) -> str:
    """Status, code and the first 200 characters of the message, without keys and the texts in `private`."""
    parts = [str(refusal.status)]
    if refusal.code:
        parts.append(safe_message(refusal.code, private))
    message = safe_message(refusal.message, private)
    text = " ".join(parts)
    return f"{text}: {message}" if message else text
