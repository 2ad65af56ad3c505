"""Quirks of the tool calls within a stream. No I/O, no clock."""

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.openai.chunk_changes import changed, each_choice, with_delta
from sandbox.openai.wire import Chunk


def _each_call(change: Callable[[dict[str, Any]], None]) -> Callable[[Iterator[Chunk]], Iterator[Chunk]]:
    """A change of each entry of `tool_calls`."""

    def change_choice(choice: dict[str, Any]) -> None:
        for call in (choice.get("delta") or {}).get("tool_calls") or ():
            change(call)

    return each_choice(change_choice)


def _set(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(call: dict[str, Any]) -> None:
        if name in call:
            call[name] = value

    return change


def _remove(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda call: call.pop(name, None)


def _repeat_tool_name(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    first: dict[int, dict[str, Any]] = {}

    def change(call: dict[str, Any]) -> None:
        first_part = first.setdefault(call["index"], call)
        call.update(id=first_part.get("id"), type="function")
        call["function"] = {"name": first_part["function"].get("name"), **call["function"]}

    return _each_call(change)(chunks)


def _whole_tool_call(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Collect the pieces of each call, and send it in one chunk."""
    calls: dict[int, dict[str, Any]] = {}
    template: Chunk | None = None
    for chunk in chunks:
        if "tool" in chunk.tags and chunk.data:
            template = template or chunk
            for part in chunk.data["choices"][0]["delta"]["tool_calls"]:
                first_part = calls.setdefault(part["index"], copy.deepcopy(part))
                if first_part["function"]["arguments"] is not part["function"]["arguments"]:
                    first_part["function"]["arguments"] += part["function"]["arguments"]
            continue
        if template:
            for call in calls.values():
                yield changed(template, with_delta({"tool_calls": [call]}))
            template = None
        yield chunk


def _byte_tool_arguments(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        part = (
            chunk.data["choices"][0]["delta"]["tool_calls"][0]
            if "tool" in chunk.tags and chunk.data
            else None
        )
        if part is None or part.get("id"):
            yield chunk
            continue
        for character in part["function"]["arguments"]:
            piece = {**part, "function": {"arguments": character}}
            yield changed(chunk, with_delta({"tool_calls": [piece]}))


def _interleaved_tool_calls(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The first piece of each call, then the second of each, and so on."""
    for is_tool, group in itertools.groupby(chunks, lambda chunk: "tool" in chunk.tags):
        if not is_tool:
            yield from group
            continue
        by_index: dict[int, list[Chunk]] = {}
        for chunk in group:
            part = (chunk.data or {})["choices"][0]["delta"]["tool_calls"][0]
            by_index.setdefault(part["index"], []).append(chunk)
        for pieces in itertools.zip_longest(*by_index.values()):
            yield from filter(None, pieces)


TOOL_CALL_CHANGES: Mapping[str, Callable[[Iterator[Chunk]], Iterator[Chunk]]] = {
    "whole_tool_call": _whole_tool_call,
    "byte_tool_arguments": _byte_tool_arguments,
    "interleaved_tool_calls": _interleaved_tool_calls,
    "repeat_tool_name": _repeat_tool_name,
    "index_zero": _each_call(_set("index", 0)),
    "index_null": _each_call(_set("index", None)),
    "index_missing": _each_call(_remove("index")),
    "no_tool_id": _each_call(_remove("id")),
    "null_tool_id": _each_call(_set("id", "")),
}
"""The changes by the names of the quirks, in the order in which they are applied."""
