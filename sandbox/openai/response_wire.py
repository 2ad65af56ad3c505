"""The JSON of the Responses API: whole responses, and the events of a stream. No I/O, no clock."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.openai.reply import REASONING_TOKENS, Call, Reply
from sandbox.openai.response_store import encrypted
from sandbox.openai.wire import Chunk

_DONE = frozenset({"finish"})
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """A response: the request's parameters that it repeats, and its items."""

    id: str
    created_s: int
    body: Mapping[str, Any]
    reply: Reply
    input_tokens: int = 0
    effort: str | None = None
    items: tuple[Item, ...] = field(default_factory=tuple)
    """Its complete output."""


def output_items(reply: Reply, *, encrypt: bool, summary: bool) -> tuple[Item, ...]:
    """The output of a reply: reasoning first, then the message, then the calls."""
    items: list[Item] = []
    complete = reply.finish not in ("length", "content_filter")
    status = "completed" if complete else "incomplete"
    if reply.reasons:
        item_id = new_id("rs")
        texts = [{"type": "summary_text", "text": reply.reasoning}] if summary else []
        item: Item = {"id": item_id, "type": "reasoning", "summary": texts}
        items.append(item | ({"encrypted_content": encrypted(item_id)} if encrypt else {}))
    if reply.text or reply.refusal or (complete and not reply.calls):
        part: Item = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
        if reply.refusal:
            part = {"type": "refusal", "refusal": reply.refusal}
        message = {"id": new_id("msg"), "type": "message", "status": status, "role": "assistant"}
        items.append({**message, "content": [part]})
    items += [_call_item(call) for call in reply.calls]
    return tuple(items)


def response_object(response: ModelResponse, status: str, error: Item | None = None) -> Item:
    """The response at one moment; its output is complete only at the end."""
    body, reply = response.body, response.reply
    ended = status in ("completed", "incomplete")
    reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(reply.finish)
    text = body.get("text") or {}
    summary = (body.get("reasoning") or {}).get("summary")
    return {
        "id": response.id,
        "object": "response",
        "created_at": response.created_s,
        "status": status,
        "background": False,
        "error": error,
        "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "metadata": body.get("metadata") or {},
        "model": body["model"],
        "output": list(response.items) if ended else [],
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": {"effort": response.effort, "summary": summary},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "temperature": float(_or(body.get("temperature"), 1.0)),
        "text": {
            "format": text.get("format") or {"type": "text"},
            "verbosity": _or(text.get("verbosity"), "medium"),
        },
        "tool_choice": _or(body.get("tool_choice"), "auto"),
        "tools": [_repeated_tool(tool) for tool in body.get("tools") or ()],
        "top_logprobs": _or(body.get("top_logprobs"), 0),
        "top_p": float(_or(body.get("top_p"), 1.0)),
        "truncation": _or(body.get("truncation"), "disabled"),
        "usage": _usage(response) if ended else None,
        "user": body.get("user"),
    }


def response_events(response: ModelResponse) -> Iterator[Chunk]:
    """The events of a streamed response, numbered, in OpenAI's order."""
    for number, chunk in enumerate(_events(response)):
        yield Chunk({**(chunk.data or {}), "sequence_number": number}, token=chunk.token, tags=chunk.tags)


def final_status(reply: Reply) -> str:
    """The status of a response at its end."""
    return "incomplete" if reply.finish in ("length", "content_filter") else "completed"


def _events(response: ModelResponse) -> Iterator[Chunk]:
    started = response_object(response, "in_progress")
    yield _event("response.created", frozenset({"opening"}), response=started)
    yield _event("response.in_progress", frozenset({"opening"}), response=started)
    for index, item in enumerate(response.items):
        match item["type"]:
            case "reasoning":
                yield from _reasoning_events(index, item)
            case "message":
                yield from _message_events(index, item, response.reply)
            case _:
                yield from _call_events(index, item)
    status = final_status(response.reply)
    yield _event(f"response.{status}", _DONE, response=response_object(response, status))


def _reasoning_events(index: int, item: Item) -> Iterator[Chunk]:
    yield _event("response.output_item.added", output_index=index, item={**item, "summary": []})
    place = {"item_id": item["id"], "output_index": index, "summary_index": 0}
    for part in item["summary"]:
        empty = {"type": "summary_text", "text": ""}
        yield _event("response.reasoning_summary_part.added", **place, part=empty)
        yield _event("response.reasoning_summary_text.delta", **place, delta=part["text"])
        yield _event("response.reasoning_summary_text.done", **place, text=part["text"])
        yield _event("response.reasoning_summary_part.done", **place, part=part)
    yield _event("response.output_item.done", output_index=index, item=item)


def _message_events(index: int, item: Item, reply: Reply) -> Iterator[Chunk]:
    part = item["content"][0]
    kind = "refusal" if part["type"] == "refusal" else "text"
    name = "refusal" if kind == "refusal" else "output_text"
    logprobs: Item = {} if kind == "refusal" else {"logprobs": []}
    place = {"item_id": item["id"], "output_index": index, "content_index": 0}
    added = {**item, "status": "in_progress", "content": []}
    yield _event("response.output_item.added", output_index=index, item=added)
    yield _event("response.content_part.added", **place, part={**part, kind: ""})
    pieces = reply.tokens if kind == "text" else (part["refusal"],)
    for number, piece in enumerate(pieces):
        fields = {**place, **logprobs, "delta": piece}
        yield _event(f"response.{name}.delta", frozenset({"text"}), number, **fields)
    yield _event(f"response.{name}.done", **place, **logprobs, **{kind: part[kind]})
    yield _event("response.content_part.done", **place, part=part)
    yield _event("response.output_item.done", output_index=index, item=item)


def _call_events(index: int, item: Item) -> Iterator[Chunk]:
    tags = frozenset({"tool"})
    place = {"item_id": item["id"], "output_index": index}
    added = {**item, "status": "in_progress", "arguments": ""}
    yield _event("response.output_item.added", tags, output_index=index, item=added)
    half = len(item["arguments"]) // 2
    for piece in filter(None, (item["arguments"][:half], item["arguments"][half:])):
        yield _event("response.function_call_arguments.delta", tags, **place, delta=piece)
    arguments = item["arguments"]
    yield _event("response.function_call_arguments.done", tags, **place, arguments=arguments)
    yield _event("response.output_item.done", tags, output_index=index, item=item)


def _event(kind: str, tags: frozenset[str] = frozenset(), token: int | None = None, **fields: Any) -> Chunk:
    return Chunk({"type": kind, **fields}, token=token, tags=tags)


def _call_item(call: Call) -> Item:
    item = {"id": new_id("fc"), "type": "function_call", "status": "completed"}
    return {**item, "arguments": call.arguments, "call_id": call.id, "name": call.name}


def _repeated_tool(tool: Mapping[str, Any]) -> Item:
    if tool["type"] != "function":
        return dict(tool)
    return {"description": None, "parameters": None, "strict": True, **tool}


def _usage(response: ModelResponse) -> Item:
    reply = response.reply
    reasoning = REASONING_TOKENS if reply.reasons else 0
    calls = sum(len(call.arguments) // 4 + 8 for call in reply.calls)
    count = len(reply.tokens) + calls + reasoning
    return {
        "input_tokens": response.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": count,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": response.input_tokens + count,
    }


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def new_id(prefix: str) -> str:
    """A new id of an item."""
    return f"{prefix}_{uuid.uuid4().hex}"
