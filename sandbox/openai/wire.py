"""The JSON of Chat Completions: whole answers, and the chunks of a stream. No I/O, no clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.openai.reply import REASONING_TOKENS, Call, Reply


@dataclass(frozen=True, slots=True)
class Completion:
    """A reply, and the fields that all of its chunks share."""

    id: str
    model: str
    created_s: int
    reply: Reply
    include_usage: bool = False
    prompt_tokens: int = 0
    choices: int = 1
    """The parameter `n`."""
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """One step of a stream."""

    data: Mapping[str, Any] | None = None
    """The JSON of an event."""
    raw: bytes = b""
    """Bytes in place of an event."""
    token: int | None = None
    """Number of the token that it contains, which decides when it is sent; None: at once."""
    pause_s: float = 0.0
    """Silence before it."""
    action: str = ""
    """`hang` or `close` in place of an event."""
    tags: frozenset[str] = field(default_factory=frozenset)
    """Its content: `opening`, `text`, `tool`, `finish`, `usage`."""


def full_response(completion: Completion) -> dict[str, Any]:
    """The body of a response without streaming."""
    reply = completion.reply
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text or (None if reply.calls or reply.refusal else ""),
        "refusal": reply.refusal or None,
        "annotations": [],
    }
    if reply.calls:
        message["tool_calls"] = [tool_call(call) for call in reply.calls]
    logprobs = _logprobs(reply.tokens) if completion.logprobs else None
    choices = [
        {"index": index, "message": message, "logprobs": logprobs, "finish_reason": reply.finish}
        for index in range(completion.choices)
    ]
    return envelope(completion, "chat.completion") | {"choices": choices, "usage": usage(completion)}


def chat_chunks(completion: Completion) -> Iterator[Chunk]:
    """The chunks of a streamed answer, in OpenAI's order."""
    reply = completion.reply
    opening = {
        "role": "assistant",
        "content": None if reply.calls and not reply.text else "",
        "refusal": None,
    }
    yield from _for_each_choice(completion, opening, Chunk(tags=frozenset({"opening"})))
    for number, token in enumerate(reply.tokens):
        logprobs = _logprobs((token,)) if completion.logprobs else None
        model = Chunk(token=number, tags=frozenset({"text"}))
        yield from _for_each_choice(completion, {"content": token}, model, logprobs=logprobs)
    if reply.refusal:
        for part in (reply.refusal[:8], reply.refusal[8:]):
            yield from _for_each_choice(completion, {"refusal": part}, Chunk(tags=frozenset({"text"})))
    for delta in tool_deltas(reply.calls):
        yield from _for_each_choice(completion, delta, Chunk(tags=frozenset({"tool"})))
    yield from _for_each_choice(completion, {}, Chunk(tags=frozenset({"finish"})), reason=reply.finish)
    if completion.include_usage:
        yield Chunk(usage_payload(completion), tags=frozenset({"usage"}))


def _for_each_choice(
    completion: Completion,
    delta: Mapping[str, Any],
    model: Chunk,
    *,
    reason: str | None = None,
    logprobs: Mapping[str, Any] | None = None,
) -> Iterator[Chunk]:
    """A chunk for each choice; only that of the first choice counts as a token."""
    for index in range(completion.choices):
        choice = {"index": index, "delta": dict(delta), "logprobs": logprobs, "finish_reason": reason}
        last = {"usage": None} if completion.include_usage else {}
        data = envelope(completion, "chat.completion.chunk") | {"choices": [choice]} | last
        yield Chunk(data, token=model.token if index == 0 else None, tags=model.tags)


def usage_payload(completion: Completion) -> dict[str, Any]:
    """The last chunk, sent if stream_options.include_usage was set."""
    last = {"choices": [], "usage": usage(completion)}
    return envelope(completion, "chat.completion.chunk") | last


def tool_deltas(calls: tuple[Call, ...]) -> Iterator[dict[str, Any]]:
    """Deltas of tool calls: of each the name first, then the arguments in two pieces."""
    for index, call in enumerate(calls):
        yield {"tool_calls": [{"index": index, **tool_call(call, arguments="")}]}
        half = len(call.arguments) // 2
        for piece in filter(None, (call.arguments[:half], call.arguments[half:])):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def tool_call(call: Call, arguments: str | None = None) -> dict[str, Any]:
    """A tool call as in messages."""
    text = call.arguments if arguments is None else arguments
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": text}}


def usage(completion: Completion) -> dict[str, Any]:
    """The tokens of the request and of the answer."""
    reply = completion.reply
    reasoning = REASONING_TOKENS if reply.reasons else 0
    count = len(reply.tokens) + sum(len(call.arguments) // 4 + 8 for call in reply.calls) + reasoning
    return {
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": count,
        "total_tokens": completion.prompt_tokens + count,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def envelope(completion: Completion, kind: str) -> dict[str, Any]:
    """The fields that chunks and whole answers begin with."""
    return {
        "id": completion.id,
        "object": kind,
        "created": completion.created_s,
        "model": completion.model,
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }


def _logprobs(tokens: tuple[str, ...]) -> dict[str, Any]:
    content = [
        {"token": token, "logprob": -0.1, "bytes": list(token.encode()), "top_logprobs": []}
        for token in tokens
    ]
    return {"content": content, "refusal": None}
