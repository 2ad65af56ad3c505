"""Reads the fields of messages, whatever they contain. No I/O."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from parley.providers.llm import MAX_TOKENS
from parley.providers.untrusted import clean_text, finite_number

MAX_TEXT_CHARS = 20_000
_MAX_ID_CHARS = 128
_MAX_MS = 1e10
_MAX_AUDIO_BYTES = 2 * 1024**2


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object; empty for anything else."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[object]:
    """Return a list; empty for anything else."""
    return value if isinstance(value, list) else ()


def identifier(fields: Mapping[str, Any], key: str) -> str:
    """Return an id, a code or a name; empty if it is missing."""
    value = fields.get(key)
    return clean_text(value, _MAX_ID_CHARS) if isinstance(value, str) else ""


def text(fields: Mapping[str, Any], key: str) -> str:
    """Return a text; empty if it is missing."""
    value = fields.get(key)
    return clean_text(value, MAX_TEXT_CHARS) if isinstance(value, str) else ""


def milliseconds(fields: Mapping[str, Any], key: str) -> int:
    """Return a position; 0 if it is missing."""
    return round(finite_number(fields.get(key), 0, _MAX_MS) or 0)


def tokens(fields: Mapping[str, Any], key: str) -> int:
    """Return a number of tokens; 0 if it is missing."""
    return round(finite_number(fields.get(key), 0, MAX_TOKENS) or 0)


def audio(delta: object) -> bytes:
    """Return decoded audio; empty if it is not valid base64."""
    if not isinstance(delta, str) or len(delta) > _MAX_AUDIO_BYTES:
        return b""
    try:
        return base64.b64decode(delta, validate=True)
    except (binascii.Error, ValueError):
        return b""
