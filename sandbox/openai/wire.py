"""Wire format of completions, chunks and errors. No I/O, no clock."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openai.scenario import Answer

DONE = "data: [DONE]\n\n"
_CODES = {
    401: "invalid_api_key",
    402: "billing_hard_limit_reached",
    404: "model_not_found",
    429: "rate_limit_exceeded",
}


@dataclass(frozen=True, slots=True)
class Completion:
    """The answer to a request, and the fields that all of its chunks share."""

    id: str
    model: str
    created_s: int
    answer: Answer
    include_usage: bool
    prompt_tokens: int
    tokens: tuple[str, ...]


def full_response(completion: Completion) -> dict[str, Any]:
    """The body of a response without streaming."""
    answer = completion.answer
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.tool:
        message["tool_calls"] = [_tool_call(answer)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answer)}
    return _envelope(completion, "chat.completion") | {"choices": [choice], "usage": _usage(completion)}


def chunk(completion: Completion, delta: Mapping[str, Any], reason: str | None = None) -> str:
    """One chunk of a streamed response."""
    choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": reason}
    usage = {"usage": None} if completion.include_usage else {}
    return sse(_envelope(completion, "chat.completion.chunk") | {"choices": [choice]} | usage)


def usage_chunk(completion: Completion) -> str:
    """The last chunk, sent if stream_options.include_usage was set."""
    usage = {"choices": [], "usage": _usage(completion)}
    return sse(_envelope(completion, "chat.completion.chunk") | usage)


def sse(payload: Mapping[str, Any]) -> str:
    """Format a server-sent event."""
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n"


def finish_reason(answer: Answer) -> str:
    """The finish_reason of an answer."""
    return "tool_calls" if answer.tool else "stop"


def tool_deltas(answer: Answer) -> list[dict[str, Any]]:
    """Deltas of a tool call: the name first, then the arguments in two pieces."""
    if not answer.tool:
        return []
    call = _tool_call(answer)
    first = {**call, "index": 0, "function": {"name": answer.tool, "arguments": ""}}
    half = len(answer.arguments) // 2
    pieces = [piece for piece in (answer.arguments[:half], answer.arguments[half:]) if piece]
    rest = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return [{"tool_calls": [first]}, *rest]


def error(status: int, message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """The body of an error response; the code defaults to that of the status."""
    code = code or _CODES.get(status)
    kind = "invalid_request_error" if status < 500 else "server_error"
    if status == 429:
        kind = "requests"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


def _tool_call(answer: Answer) -> dict[str, Any]:
    function = {"name": answer.tool, "arguments": answer.arguments}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": function}


def _usage(completion: Completion) -> dict[str, Any]:
    count = len(completion.tokens)
    return {
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": count,
        "total_tokens": completion.prompt_tokens + count,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _envelope(completion: Completion, kind: str) -> dict[str, Any]:
    return {
        "id": completion.id,
        "object": kind,
        "created": completion.created_s,
        "model": completion.model,
        "service_tier": "default",
        "system_fingerprint": "fp_sandbox",
    }
