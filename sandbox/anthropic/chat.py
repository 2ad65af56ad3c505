"""The messages of a request as chat messages, in which scenarios look for their rules. No I/O."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.anthropic.messages import blocks_of


def chat_messages(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation in the chat completions format."""
    found: list[dict[str, Any]] = []
    for message in body["messages"]:
        blocks = blocks_of(message)
        for block in blocks:
            if block["type"] == "tool_result":
                content = _result(block.get("content", ""))
                found.append({"role": "tool", "tool_call_id": block["tool_use_id"], "content": content})
        text = "\n".join(block["text"] for block in blocks if block["type"] == "text")
        calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
        if text or calls:
            entry = {"role": message["role"], "content": text}
            found.append(entry | ({"tool_calls": calls} if calls else {}))
    return found


def _call(block: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": block["name"], "arguments": json.dumps(block["input"])}
    return {"id": block["id"], "type": "function", "function": function}


def _result(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(str(part.get("text", "")) for part in content)
