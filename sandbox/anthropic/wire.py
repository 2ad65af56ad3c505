"""The JSON of the Messages API: whole messages, and the events of a stream. No I/O, no clock."""

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.anthropic.errors import ApiError
from sandbox.openai.reply import REASONING_TOKENS, Call, Reply
from sandbox.openai.stream_faults import event
from sandbox.openai.wire import Chunk

_REASONS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Message:
    """A message: the reply, and what the request determines of it."""

    model: str
    reply: Reply
    signature: str
    input_tokens: int
    cached: int = 0
    written: int = 0
    """Tokens read from the cache, and written to it."""
    id: str = ""


def new_message_id() -> str:
    """A new id of a message."""
    return f"msg_{uuid.uuid4().hex[:24]}"


def whole(message: Message) -> dict[str, Any]:
    """The body of a response without streaming."""
    return _envelope(message) | {
        "content": [part.whole for part in _parts(message)],
        "stop_reason": _REASONS.get(message.reply.finish, message.reply.finish),
        "usage": _usage(message, _output_tokens(message)),
    }


def events(message: Message) -> Iterator[Chunk]:
    """The events of a streamed message, in Anthropic's order."""
    yield _chunk("message_start", {"opening"}, message=_envelope(message))
    yield Chunk({"type": "ping"})
    number = 0
    for index, part in enumerate(_parts(message)):
        yield _chunk("content_block_start", part.tags - {"text"}, index=index, content_block=part.start)
        for delta in part.deltas:
            data = {"type": "content_block_delta", "index": index, "delta": delta}
            yield Chunk(data, token=number if "text" in part.tags else None, tags=part.tags)
            number += "text" in part.tags
        yield _chunk("content_block_stop", _NONE, index=index)
    delta = {"stop_reason": _REASONS.get(message.reply.finish, message.reply.finish), "stop_sequence": None}
    usage = {"output_tokens": _output_tokens(message), **_details(message)}
    yield _chunk("message_delta", {"finish"}, delta=delta, usage=usage)
    yield _chunk("message_stop", {"finish"})


def endless(message: Message) -> Iterator[Chunk]:
    """Thinking without end."""
    yield _chunk("message_start", {"opening"}, message=_envelope(message))
    block = {"type": "thinking", "thinking": "", "signature": ""}
    yield _chunk("content_block_start", _NONE, index=0, content_block=block)
    for number in itertools.count():
        delta = {"type": "thinking_delta", "thinking": " Let me think."}
        yield Chunk({"type": "content_block_delta", "index": 0, "delta": delta}, token=number)


def faults_in_place() -> Mapping[str, tuple[Chunk, ...]]:
    """The chunks of this API for each fault within a stream."""
    error = ApiError("Overloaded", 529).body
    failed = (Chunk(raw=b"event: error\n" + event(error)), Chunk(action="end"))
    names = ("error_mid", "error_text", "error_vllm", "error_openrouter", "error_event")
    before = b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"'
    surrogate, invalid = (before + text + b'"}}\n\n' for text in (b" \\ud83d ", b"caf\xe9 \xff"))
    return {
        **dict.fromkeys(names, failed),
        "wrong_types": tuple(Chunk(raw=event(payload)) for payload in _WRONG_TYPES),
        "lone_surrogate": (Chunk(raw=surrogate),),
        "invalid_utf8": (Chunk(raw=invalid),),
    }


def _chunk(kind: str, tags: set[str] | frozenset[str], **fields: Any) -> Chunk:
    return Chunk({"type": kind, **fields}, tags=frozenset(tags))


@dataclass(frozen=True, slots=True)
class _Part:
    """A block of the content."""

    whole: dict[str, Any]
    start: dict[str, Any]
    """The block as the stream begins it."""
    deltas: list[dict[str, Any]]
    tags: frozenset[str] = _NONE


def _parts(message: Message) -> Iterator[_Part]:
    reply = message.reply
    if reply.reasons:
        # Without `display` the text of the thinking is not sent.
        block = {"type": "thinking", "thinking": "", "signature": message.signature}
        delta = {"type": "signature_delta", "signature": message.signature}
        yield _Part(block, {**block, "signature": ""}, [delta])
    if text := reply.text or reply.refusal:
        pieces = (text,) if reply.refusal else reply.tokens
        deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
        block = {"type": "text", "text": text}
        yield _Part(block, {**block, "text": ""}, deltas, frozenset({"text"}))
    for call in reply.calls:
        yield _tool_use(call)


def _tool_use(call: Call) -> _Part:
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        value = {}
    tool_id = f"toolu_{call.id.removeprefix('call_')}"
    block = {"type": "tool_use", "id": tool_id, "name": call.name, "input": value}
    text = "" if call.arguments == "{}" else call.arguments
    half = len(text) // 2
    pieces = ["", *filter(None, (text[:half], text[half:]))]
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return _Part(block, {**block, "input": {}}, deltas, frozenset({"tool"}))


def _envelope(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "type": "message",
        "role": "assistant",
        "model": message.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(message, 1),
    }


def _usage(message: Message, output: int) -> dict[str, Any]:
    return {
        "input_tokens": message.input_tokens - message.cached - message.written,
        "cache_creation_input_tokens": message.written,
        "cache_read_input_tokens": message.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": message.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    } | (_details(message) if output > 1 else {})


def _details(message: Message) -> dict[str, Any]:
    thinking = REASONING_TOKENS if message.reply.reasons else 0
    return {"output_tokens_details": {"thinking_tokens": thinking}}


def _output_tokens(message: Message) -> int:
    reply = message.reply
    calls = sum(len(call.arguments) // 4 + 8 for call in reply.calls)
    return len(reply.tokens) + calls + (REASONING_TOKENS if reply.reasons else 0)


_WRONG_TYPES: tuple[Any, ...] = (
    {"type": 5},
    {"type": "content_block_start", "index": "0", "content_block": None},
    {"type": "content_block_delta", "index": None, "delta": {"type": "text_delta", "text": {"text": "x"}}},
    {"type": "content_block_delta", "index": 7, "delta": {"type": "input_json_delta", "partial_json": 5}},
    {"type": "content_block_start", "index": 90, "content_block": {"type": "thinking", "thinking": 5}},
    {"type": "message_delta", "delta": [], "usage": {"output_tokens": "many"}},
    {"type": "later_event", "data": {}},
    [],
    None,
)
