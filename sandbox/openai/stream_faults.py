"""Faults within a stream: what is sent or not sent in place of chunks. No I/O, no clock."""

import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from sandbox.openai.errors import of_status
from sandbox.openai.wire import Chunk

_FAILED = "The server had an error while processing your request. Sorry about that!"
_WRONG_TYPES: tuple[Any, ...] = (
    {"choices": {}},
    {"choices": None},
    {"choices": [None]},
    {"choices": [{"index": "0", "delta": "text"}]},
    {"choices": [{"index": 0, "delta": {"content": {"text": "x"}}}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": {"index": 0}}}]},
    {"choices": [{"index": 0, "delta": {"tool_calls": [None, {"function": "f"}]}}]},
    {"choices": [{"index": 0, "delta": {"content": 5}, "finish_reason": 1}]},
    [],
    None,
    5,
)


def with_stream_faults(
    chunks: Iterator[Chunk],
    faults: Collection[str],
    silence_s: float,
    in_place: Mapping[str, tuple[Chunk, ...]] | None = None,
    *,
    after: int = 2,
) -> Iterator[Chunk]:
    """Apply the faults of a stream.

    `in_place` replaces the chunks of some of them, for another API. Faults within the text occur after
    so many of its tokens, or after a shorter text.
    """
    sent_once = {**_SENT, **(in_place or {})}
    for name in sorted(faults):
        if sent := sent_once.get(name):
            chunks = _insert(chunks, sent, after)
        elif sent := _SENT_BEFORE_END.get(name):
            chunks = _insert(chunks, (*sent, Chunk(action="end")), after)
    if "no_finish" in faults:
        chunks = (chunk for chunk in chunks if not {"finish", "usage"} & chunk.tags)
    if "stall_mid" in faults:
        chunks = _insert(chunks, (Chunk(pause_s=silence_s),), after)
    chunks = _with_tool_call_faults(chunks, faults, silence_s)
    if "think_forever" in faults:
        chunks = _forever(chunks, "content", opening="<think>")
    if "reasoning_forever" in faults:
        chunks = _forever(chunks, "reasoning_content")
    return chunks


def _with_tool_call_faults(
    chunks: Iterator[Chunk], faults: Collection[str], silence_s: float
) -> Iterator[Chunk]:
    if "late_tool_call" in faults:
        chunks = _pause(chunks, 0, silence_s)
    if "slow_tool_call" in faults:
        chunks = _pause(chunks, 1, silence_s)
    if "close_in_tool_call" in faults:
        chunks = _close_in_tool_call(chunks)
    return chunks


def event(payload: Any) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()


def _insert(chunks: Iterator[Chunk], sent: tuple[Chunk, ...], after: int) -> Iterator[Chunk]:
    """Insert chunks at the point of the fault: after so many tokens, or after a shorter text."""
    done = opened = False
    for chunk in chunks:
        late = chunk.token is not None and chunk.token >= after
        if not done and opened and (late or {"tool", "finish"} & chunk.tags):
            done = True
            yield from sent
        opened = opened or "opening" in chunk.tags
        yield chunk


def _pause(chunks: Iterator[Chunk], position: int, pause_s: float) -> Iterator[Chunk]:
    """Silence before the chunk with this position among those of tool calls."""
    count = 0
    for chunk in chunks:
        if "tool" in chunk.tags:
            yield replace(chunk, pause_s=pause_s) if count == position else chunk
            count += 1
        else:
            yield chunk


def _close_in_tool_call(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The first chunk of a tool call, if there is one, and the end of the connection."""
    for chunk in chunks:
        yield chunk
        if "tool" in chunk.tags:
            yield Chunk(action="close")


def _forever(chunks: Iterator[Chunk], field: str, opening: str = "") -> Iterator[Chunk]:
    """After the opening, text without end at the pace of tokens."""
    for chunk in chunks:
        yield chunk
        if "opening" not in chunk.tags or chunk.data is None:
            continue
        for number in itertools.count():
            text = opening if opening and not number else " Let me think."
            choice = {"index": 0, "delta": {field: text}, "finish_reason": None}
            yield Chunk({**chunk.data, "choices": [choice]}, token=number)


def _error_chunk() -> dict[str, Any]:
    error = {
        "code": 502,
        "message": "Upstream provider disconnected",
        "metadata": {"provider_name": "sandbox"},
    }
    choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
    envelope = {"id": "gen-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**envelope, "provider": "sandbox", "error": error, "choices": [choice]}


_VLLM = {"object": "error", "message": _FAILED, "type": "InternalServerError", "param": None, "code": 500}
_EVENT = b"event: error\n" + event(of_status(500, _FAILED).body["error"])
_INVALID_UTF8 = b'data: {"choices":[{"index":0,"delta":{"content":"caf\xe9 \xff"},"finish_reason":null}]}\n\n'
_SURROGATE = b'data: {"choices":[{"index":0,"delta":{"content":" \\ud83d "},"finish_reason":null}]}\n\n'
_SENT: Mapping[str, tuple[Chunk, ...]] = {
    "hang_mid": (Chunk(action="hang"),),
    "close_mid": (Chunk(action="close"),),
    "error_mid": (Chunk(of_status(500, _FAILED).body),),
    "garbage": (Chunk(raw=b"data: {this is no JSON\n\n"),),
    "wrong_types": tuple(Chunk(raw=event(payload)) for payload in _WRONG_TYPES),
    "invalid_utf8": (Chunk(raw=_INVALID_UTF8),),
    "lone_surrogate": (Chunk(raw=_SURROGATE),),
}
_SENT_BEFORE_END: Mapping[str, tuple[Chunk, ...]] = {
    "error_text": (Chunk({"error": "upstream failed"}),),
    "error_vllm": (Chunk(_VLLM),),
    "error_openrouter": (Chunk(_error_chunk()),),
    "error_event": (Chunk(raw=_EVENT),),
}
"""After these the server ends the stream."""
