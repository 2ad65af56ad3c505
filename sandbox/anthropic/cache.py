"""The cache of the beginnings of requests: platform.claude.com, build-with-claude/prompt-caching."""

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_MAX_ENTRIES = 10_000
_LOOK_BACK = 20
"""A beginning that ends this many blocks before a mark is still found."""
_SECONDS = {"5m": 300.0, "1h": 3600.0}
_CHARS_PER_TOKEN = 4


class PromptCache:
    """Beginnings of requests that were marked with `cache_control`."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._until_s: OrderedDict[str, float] = OrderedDict()

    def use(self, body: Mapping[str, Any], min_tokens: int) -> tuple[int, int, int]:
        """Look up the request and keep its marked beginnings; returns tokens in all, read and written."""
        digest, chars = hashlib.sha256(str(body.get("model")).encode()), 0
        ends: list[tuple[str, int]] = []
        marks: list[tuple[int, float]] = []
        for block in _blocks(body):
            control = block.get("cache_control")
            text = json.dumps({key: value for key, value in block.items() if key != "cache_control"})
            digest.update(text.encode())
            chars += len(text)
            ends.append((digest.hexdigest(), chars // _CHARS_PER_TOKEN))
            if control:
                marks.append((len(ends) - 1, _SECONDS[control.get("ttl", "5m")]))
        read = max((self._read(ends[max(0, at - _LOOK_BACK) : at + 1]) for at, _ in marks), default=0)
        written = 0
        for at, seconds in marks:
            key, tokens = ends[at]
            if tokens >= min_tokens:
                self._put(key, seconds)
                written = max(written, tokens - read)
        return (ends[-1][1] if ends else 0), read, written

    def _read(self, ends: list[tuple[str, int]]) -> int:
        now_s = self._now_s()
        return max((tokens for key, tokens in ends if self._until_s.get(key, 0.0) > now_s), default=0)

    def _put(self, key: str, seconds: float) -> None:
        self._until_s[key] = self._now_s() + seconds
        self._until_s.move_to_end(key)
        if len(self._until_s) > _MAX_ENTRIES:
            self._until_s.popitem(last=False)


def _blocks(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The blocks in the order in which they are cached: tools, system, messages."""
    yield from body.get("tools") or ()
    system = body.get("system") or ()
    yield from [{"type": "text", "text": system}] if isinstance(system, str) else system
    for message in body["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        yield from ({"role": message["role"], **block} for block in blocks)
