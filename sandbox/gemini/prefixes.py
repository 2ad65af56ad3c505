"""Implicit caching: which beginning of a request an earlier one had. Bounded."""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

_MAX_ENTRIES = 10_000
_MIN_TOKENS = 1024
_CHARS_PER_TOKEN = 4


class SeenPrefixes:
    """The beginnings of earlier requests: tools and system instruction, then each content."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def use(self, model: str, body: Mapping[str, Any]) -> tuple[int, int]:
        """Look up a request and keep its beginnings; returns its tokens, and those that were cached."""
        digest, chars, cached = hashlib.sha256(model.encode()), 0, 0
        for part in ([body.get("tools"), body.get("systemInstruction")], *body["contents"]):
            text = json.dumps(part)
            digest.update(text.encode())
            chars += len(text)
            key = digest.hexdigest()
            if key in self._seen and chars // _CHARS_PER_TOKEN >= _MIN_TOKENS:
                cached = chars // _CHARS_PER_TOKEN
            self._seen[key] = None
            self._seen.move_to_end(key)
        while len(self._seen) > _MAX_ENTRIES:
            self._seen.popitem(last=False)
        return chars // _CHARS_PER_TOKEN, cached
