"""Completions, chunks and errors as OpenAI writes them. No I/O, no clock."""

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
    """What stands in every chunk of an answer."""

    id: str
    model: str
    created_s: int
    answer: Answer
    include_usage: bool
    prompt_tokens: int
    tokens: tuple[str, ...]


def whole(completion: Completion) -> dict[str, Any]:
    """An answer in one piece."""
    answer = completion.answer
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None, "refusal": None}
    if answer.tool:
        message["tool_calls"] = [_tool_call(answer)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answer)}
    return _envelope(completion, "chat.completion") | {"choices": [choice], "usage": _usage(completion)}


def chunk(completion: Completion, delta: Mapping[str, Any], reason: str | None = None) -> str:
    """A piece of an answer."""
    choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": reason}
    usage = {"usage": None} if completion.include_usage else {}
    return sse(_envelope(completion, "chat.completion.chunk") | {"choices": [choice]} | usage)


def usage_chunk(completion: Completion) -> str:
    """The last one, when it was asked for."""
    usage = {"choices": [], "usage": _usage(completion)}
    return sse(_envelope(completion, "chat.completion.chunk") | usage)


def sse(payload: Mapping[str, Any]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(payload, separators=(',', ':'))}\n\n"


def finish_reason(answer: Answer) -> str:
    """Why the answer ends."""
    return "tool_calls" if answer.tool else "stop"


def tool_deltas(answer: Answer) -> list[dict[str, Any]]:
    """First the name, then the arguments in pieces, as the vendor sends them."""
    if not answer.tool:
        return []
    call = _tool_call(answer)
    first = {**call, "index": 0, "function": {"name": answer.tool, "arguments": ""}}
    half = len(answer.arguments) // 2
    pieces = [piece for piece in (answer.arguments[:half], answer.arguments[half:]) if piece]
    rest = [{"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} for piece in pieces]
    return [{"tool_calls": [first]}, *rest]


def error(status: int, message: str, param: str | None = None, code: str | None = None) -> dict[str, Any]:
    """An error's body; the code follows from the status when it is not given."""
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
