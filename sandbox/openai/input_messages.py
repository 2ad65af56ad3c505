"""The conversation of a Responses request as chat messages, in which scenarios look for their rules."""

from collections.abc import Mapping
from typing import Any


def items_of(value: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items of `input`; a text is a message of the user."""
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


def chat_messages(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages of a conversation; calls in succession belong to one message."""
    messages: list[dict[str, Any]] = []
    for item in items:
        kind = item.get("type") or "message"
        if kind == "message":
            messages.append({"role": item["role"], "content": _text(item["content"])})
        if kind == "function_call":
            call = {
                "id": item["call_id"],
                "type": "function",
                "function": {"name": item["name"], "arguments": item["arguments"]},
            }
            if not messages or "tool_calls" not in messages[-1]:
                messages.append({"role": "assistant", "content": None, "tool_calls": []})
            messages[-1]["tool_calls"].append(call)
        if kind == "function_call_output":
            content = _text(item["output"])
            messages.append({"role": "tool", "tool_call_id": item["call_id"], "content": content})
    return messages


def _text(content: str | list[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text") or part.get("refusal") or "") for part in content)
