"""Changes of single chunks. No I/O, no clock."""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.openai.wire import Chunk


def changed(chunk: Chunk, change: Callable[[dict[str, Any]], None]) -> Chunk:
    """Apply a change to a copy of each choice of a chunk."""
    if not chunk.data:
        return chunk
    data = copy.deepcopy(dict(chunk.data))
    for choice in data.get("choices") or ():
        change(choice)
    return replace(chunk, data=data)


def each_choice(change: Callable[[dict[str, Any]], None]) -> Callable[[Iterator[Chunk]], Iterator[Chunk]]:
    """A change of every choice of a stream."""
    return lambda chunks: (changed(chunk, change) for chunk in chunks)


def with_delta(delta: Mapping[str, Any]) -> Callable[[dict[str, Any]], None]:
    """A change that replaces the delta of a choice."""

    def change(choice: dict[str, Any]) -> None:
        choice["delta"] = dict(delta)

    return change
