"""Signatures of thinking, which bind it to the model and the conversation that led to it. No I/O."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

_PREFIX = b"sandbox-thinking:"


def sign(body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> str:
    """The signature of thinking that answers these messages of a request."""
    bound = {"model": body["model"], "system": body.get("system"), "tools": body.get("tools")}
    text = json.dumps(_plain({**bound, "messages": list(messages)}), sort_keys=True)
    return base64.b64encode(_PREFIX + hashlib.sha256(text.encode()).hexdigest().encode()).decode()


def is_signature(text: str) -> bool:
    """Whether this emulator has made the signature."""
    try:
        return base64.b64decode(text, validate=True).startswith(_PREFIX)
    except ValueError:
        return False


def _plain(value: Any) -> Any:
    """The value without marks for the cache, and with texts as blocks."""
    if isinstance(value, Mapping):
        found = {key: _plain(item) for key, item in value.items() if key != "cache_control"}
        if "role" in found and isinstance(found.get("content"), str):
            found["content"] = [{"type": "text", "text": found["content"]}]
        return found
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
