"""The JSON of the Gemini API: whole responses, and the chunks of a stream. No I/O, no clock."""

import base64
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.gemini.errors import ApiError
from sandbox.openai.reply import REASONING_TOKENS, Call, Reply
from sandbox.openai.stream_faults import event
from sandbox.openai.wire import Chunk

_REASONS = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_SIGNED = b"sandbox-thought:"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: the reply, and what the request determines of it."""

    model: str
    reply: Reply
    response_id: str
    prompt_tokens: int
    cached: int = 0
    blocked: bool = False
    """Whether the prompt is blocked."""
    signs: bool = True
    """Whether function calls have a thought signature."""


def is_signature(text: str) -> bool:
    """Whether this emulator has made the signature."""
    try:
        return base64.b64decode(text, validate=True).startswith(_SIGNED)
    except ValueError:
        return False


def whole(answer: Answer) -> dict[str, Any]:
    """The body of a response without streaming."""
    if answer.blocked:
        return _blocked(answer)
    reply = answer.reply
    text = reply.text or reply.refusal
    parts = [*([{"text": text}] if text else []), *_call_parts(answer)]
    return _response(answer, parts, reason=_finish(answer), complete=True)


def chunks(answer: Answer) -> Iterator[Chunk]:
    """The chunks of a streamed response; the calls come whole, the finish reason with the last chunk."""
    if answer.blocked:
        yield Chunk(_blocked(answer), tags=frozenset({"finish"}))
        return
    yield Chunk(tags=frozenset({"opening"}))
    reply = answer.reply
    pieces = (reply.refusal,) if reply.refusal else reply.tokens
    for number, piece in enumerate(pieces):
        yield Chunk(_response(answer, [{"text": piece}]), token=number, tags=frozenset({"text"}))
    for part in _call_parts(answer):
        yield Chunk(_response(answer, [part]), tags=frozenset({"tool"}))
    last = _response(answer, [{"text": ""}], reason=_finish(answer), complete=True)
    yield Chunk(last, tags=frozenset({"finish"}))


def endless(answer: Answer) -> Iterator[Chunk]:
    """Thoughts without end."""
    for number in itertools.count():
        part = {"text": " Let me think.", "thought": True}
        yield Chunk(_response(answer, [part]), token=number)


def faults_in_place() -> Mapping[str, tuple[Chunk, ...]]:
    """The chunks of this API for each fault within a stream."""
    error = ApiError("The model is overloaded. Please try again later.", 503).body
    failed = (Chunk(raw=event(error)), Chunk(action="end"))
    names = ("error_mid", "error_text", "error_vllm", "error_openrouter", "error_event")
    before = b'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"'
    surrogate, invalid = (before + text + b'"}]}}]}\n\n' for text in (b" \\ud83d ", b"caf\xe9 \xff"))
    return {
        **dict.fromkeys(names, failed),
        "wrong_types": tuple(Chunk(raw=event(payload)) for payload in _WRONG_TYPES),
        "lone_surrogate": (Chunk(raw=surrogate),),
        "invalid_utf8": (Chunk(raw=invalid),),
    }


def _finish(answer: Answer) -> str:
    # A call that is not valid JSON never leaves the API.
    if any(_arguments(call) is None for call in answer.reply.calls):
        return "MALFORMED_FUNCTION_CALL"
    return _REASONS.get(answer.reply.finish, answer.reply.finish)


def _call_parts(answer: Answer) -> Iterator[dict[str, Any]]:
    for number, call in enumerate(answer.reply.calls):
        if (arguments := _arguments(call)) is None:
            continue
        part: dict[str, Any] = {"functionCall": {"name": call.name, "args": arguments, "id": call.id[-8:]}}
        if number == 0 and answer.signs:
            # Of parallel calls only the first one is signed.
            part["thoughtSignature"] = base64.b64encode(_SIGNED + call.id.encode()).decode()
        yield part


def _arguments(call: Call) -> dict[str, Any] | None:
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _blocked(answer: Answer) -> dict[str, Any]:
    return {**_envelope(answer), "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}


def _response(
    answer: Answer, parts: list[dict[str, Any]], *, reason: str = "", complete: bool = False
) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {"candidates": [candidate], **_envelope(answer, complete=complete)}


def _envelope(answer: Answer, *, complete: bool = False) -> dict[str, Any]:
    reply = answer.reply
    usage: dict[str, Any] = {"promptTokenCount": answer.prompt_tokens}
    if answer.cached:
        usage["cachedContentTokenCount"] = answer.cached
    total = answer.prompt_tokens
    if complete:
        calls = sum(len(call.arguments) // 4 + 8 for call in reply.calls)
        usage["candidatesTokenCount"] = len(reply.tokens) + calls
        total += len(reply.tokens) + calls
        if reply.reasons:
            usage["thoughtsTokenCount"] = REASONING_TOKENS
            total += REASONING_TOKENS
    usage["totalTokenCount"] = total
    return {"usageMetadata": usage, "modelVersion": answer.model, "responseId": answer.response_id}


_WRONG_TYPES: tuple[Any, ...] = (
    {"candidates": {}},
    {"candidates": [None]},
    {"candidates": [{"index": "0", "content": "text"}]},
    {"candidates": [{"index": 0, "content": {"parts": {"text": {"text": "x"}}}}]},
    {"candidates": [{"index": 0, "content": {"parts": [{"functionCall": "f"}, None, 5]}}]},
    {"candidates": [{"index": 0, "finishReason": 1}], "usageMetadata": []},
    {"usageMetadata": {"promptTokenCount": "many"}, "promptFeedback": "none"},
    [],
    None,
)
