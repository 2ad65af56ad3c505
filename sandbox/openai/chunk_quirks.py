"""Quirks of a stream's chunks: changes of Chat Completions that other servers make. No I/O, no clock."""

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.openai.chunk_changes import changed, each_choice, with_delta
from sandbox.openai.tool_call_quirks import TOOL_CALL_CHANGES
from sandbox.openai.wire import Chunk

_SAFE = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}
_EMPTY = {"id": "", "object": "", "created": 0, "model": ""}
_NULLS = ("content", "tool_calls", "function_call", "refusal")
_REASONING = ("The caller wants ", "something simple. ", "I answer in one sentence.")


def with_quirks(
    chunks: Iterable[Chunk], quirks: Collection[str], usage: Mapping[str, Any] | None = None
) -> Iterator[Chunk]:
    """Apply quirks in a fixed order; `usage` is the payload of a usage chunk."""
    found: Iterator[Chunk] = iter(chunks)
    for name, change in _CHANGES.items():
        if name in quirks:
            found = change(found)
    for name, change_usage in _USAGE_CHANGES.items():
        if name in quirks and usage is not None:
            found = change_usage(found, usage)
    return found


def _null_fields(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    def change(choice: dict[str, Any]) -> None:
        choice["delta"] = {**dict.fromkeys(_NULLS), **choice["delta"]}

    return (changed(chunk, change) for chunk in chunks)


def _null_delta(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Chunks without a delta after the opening and each third token, one with null before the end."""
    for chunk in chunks:
        if "finish" in chunk.tags:
            yield _filter_chunk({"delta": None})
        yield chunk
        if "opening" in chunk.tags or (chunk.token is not None and chunk.token % 3 == 2):
            yield _filter_chunk({})


def _set_role(choice: dict[str, Any]) -> None:
    choice["delta"] = {"role": "assistant", **choice["delta"]}


def _empty_reason(choice: dict[str, Any]) -> None:
    choice["finish_reason"] = choice["finish_reason"] or ""


def _content_parts(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Texts as lists of parts, after a chunk with a thought."""

    def as_parts(choice: dict[str, Any]) -> None:
        text = choice["delta"].get("content")
        if text:
            choice["delta"]["content"] = [{"type": "text", "text": text}]

    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "".join(_REASONING)}]}
    for chunk in chunks:
        yield changed(chunk, as_parts)
        if "opening" in chunk.tags:
            yield changed(chunk, with_delta({"content": [thought]}))


def _null_error(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    for chunk in chunks:
        yield replace(chunk, data={**chunk.data, "error": None}) if chunk.data else chunk


def _filter_chunk(delta: Mapping[str, Any]) -> Chunk:
    offsets = {"check_offset": 44, "start_offset": 44, "end_offset": 198}
    choice = {"index": 0, "finish_reason": None, "content_filter_results": _SAFE}
    return Chunk(
        {**_EMPTY, "choices": [{**choice, "content_filter_offsets": offsets, **delta}], "usage": None}
    )


def _empty_choices(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    results = [{"prompt_index": 0, "content_filter_results": _SAFE}]
    yield Chunk({**_EMPTY, "choices": [], "prompt_filter_results": results})
    yield from chunks


def _reasoning(field: str) -> Callable[[Iterator[Chunk]], Iterator[Chunk]]:
    def insert(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield chunk
            if "opening" in chunk.tags:
                for text in _REASONING:
                    yield changed(chunk, with_delta({"content": None, field: text}))

    return insert


def _text_after_tool(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    texts: list[Chunk] = []
    for chunk in chunks:
        if "text" in chunk.tags:
            texts.append(chunk)
            continue
        if "finish" in chunk.tags:
            yield from texts
            texts = []
        yield chunk


def _stop_after_tool(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    def change(choice: dict[str, Any]) -> None:
        if choice["finish_reason"] == "tool_calls":
            choice["finish_reason"] = "stop"

    return (changed(chunk, change) for chunk in chunks)


def _early_finish(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Move the finish reason to the chunk before, and send an empty text after it."""

    def finish(choice: dict[str, Any]) -> None:
        choice["finish_reason"] = "stop"

    def after(choice: dict[str, Any]) -> None:
        choice.update(finish_reason=None, delta={"content": ""})

    previous: Chunk | None = None
    for chunk in chunks:
        if previous and "finish" in chunk.tags and "text" in previous.tags:
            yield changed(previous, finish)
            previous = changed(chunk, after)
            continue
        if previous:
            yield previous
        previous = chunk
    if previous:
        yield previous


def _usage_unasked(chunks: Iterator[Chunk], usage: Mapping[str, Any]) -> Iterator[Chunk]:
    sent = False
    for chunk in chunks:
        sent = sent or "usage" in chunk.tags
        yield chunk
    if not sent:
        yield Chunk(usage, tags=frozenset({"usage"}))


def _usage_each_chunk(chunks: Iterator[Chunk], usage: Mapping[str, Any]) -> Iterator[Chunk]:
    for chunk in chunks:
        yield replace(chunk, data={**chunk.data, "usage": usage["usage"]}) if chunk.data else chunk


def _usage_with_finish(chunks: Iterator[Chunk], usage: Mapping[str, Any]) -> Iterator[Chunk]:
    for chunk in chunks:
        if "finish" in chunk.tags and chunk.data:
            yield replace(chunk, data={**chunk.data, "usage": usage["usage"]})
        elif "usage" not in chunk.tags:
            yield chunk


def _obfuscation(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Random-looking padding; only its length matters."""
    for chunk, length in zip(chunks, itertools.cycle((6, 11, 3, 14, 8)), strict=False):
        text = "kT9xQ2mVb7LdWz"[:length]
        yield replace(chunk, data={**chunk.data, "obfuscation": text}) if chunk.data else chunk


_CHANGES: Mapping[str, Callable[[Iterator[Chunk]], Iterator[Chunk]]] = {
    **TOOL_CALL_CHANGES,
    "text_after_tool": _text_after_tool,
    "stop_after_tool": _stop_after_tool,
    "early_finish": _early_finish,
    "reasoning_content": _reasoning("reasoning_content"),
    "reasoning": _reasoning("reasoning"),
    "null_fields": _null_fields,
    "content_parts": _content_parts,
    "role_each_chunk": each_choice(_set_role),
    "empty_finish_reason": each_choice(_empty_reason),
    "null_delta": _null_delta,
    "empty_choices": _empty_choices,
    "null_error": _null_error,
    "obfuscation": _obfuscation,
}
_USAGE_CHANGES: Mapping[str, Callable[[Iterator[Chunk], Mapping[str, Any]], Iterator[Chunk]]] = {
    "usage_unasked": _usage_unasked,
    "usage_each_chunk": _usage_each_chunk,
    "usage_with_finish": _usage_with_finish,
}
