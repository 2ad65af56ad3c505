"""Turns the bytes of a fuzzer into JSON values that are nearly messages of a provider."""

import copy
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_MAX_DEPTH = 5
_ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        "",
        "\0",
        "\ud800",
        "\udc00",
        "x" * 300,
        [],
        {},
        [[]],
        [None],
        {"a": {}},
    ),
    *(
        float("nan"),
        float("inf"),
        -float("inf"),
        1e308,
        10**300,
        -(10**300),
        2**63,
        "0",
        "1e999",
        "true",
        "null",
    ),
    *("<think>", "</think>", "<", "{", "}", "{}", '{"a": 1}', '"', "data: ", "[DONE]", "stop", "error"),
)


class Source:
    """Choices made from bytes; zero when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def rest(self) -> bytes:
        """The bytes not used yet."""
        return self._data[self._at :]

    @property
    def used_up(self) -> bool:
        """Whether no bytes are left."""
        return self._at >= len(self._data)

    def number(self, limit: int) -> int:
        """A number below `limit`, which is at most 256."""
        if self.used_up:
            return 0
        self._at += 1
        return self._data[self._at - 1] % limit

    def choice(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.number(len(items))]

    def value(self, names: Sequence[str], depth: int = 0) -> Any:
        """A JSON value of any type; objects have keys from `names`."""
        kind = self.number(8)
        if depth < _MAX_DEPTH and kind == 0:
            return [self.value(names, depth + 1) for _ in range(self.number(4))]
        if depth < _MAX_DEPTH and kind < 3:
            return {self.choice(names): self.value(names, depth + 1) for _ in range(self.number(5))}
        if kind == 3:
            size = self.number(12)
            text, self._at = self._data[self._at : self._at + size], self._at + size
            return text.decode("utf-8", "surrogateescape")
        return copy.deepcopy(self.choice(_ODD))

    def message(self, seeds: Sequence[Any], names: Sequence[str]) -> Any:
        """A message with up to five changes, or any value."""
        kind = self.number(8)
        if kind == 7:
            return self.value(names)
        message = copy.deepcopy(self.choice(seeds))
        for _ in range(kind if kind < 6 else 0):
            message = self._changed(message, names)
        return message

    def _changed(self, message: Any, names: Sequence[str]) -> Any:
        """The message with one value replaced, removed, repeated or moved."""
        places = list(_places(message))
        if not places:
            return self.value(names)
        parent, key = places[(self.number(256) * 256 + self.number(256)) % len(places)]
        match self.number(4):
            case 0:
                del parent[key]
            case 1 if isinstance(parent, list):
                parent.insert(key, copy.deepcopy(parent[key]))
            case 2 if isinstance(parent, dict):
                parent[self.choice(names)] = copy.deepcopy(parent[key])
            case _:
                parent[key] = self.value(names)
        return message


def _places(value: Any) -> Any:
    """All places within a value, as parent and key."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def names_of(seeds: Sequence[Any]) -> tuple[str, ...]:
    """All keys of all objects in the messages, and one that none has."""
    return (*sorted({key for seed in seeds for _, key in _places(seed) if isinstance(key, str)}), "unknown")
