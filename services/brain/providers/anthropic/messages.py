"""Converts any history to the messages of Anthropic's Messages API. No I/O.

The API needs the user first and last, alternating roles, all results of an answer's tool calls at the
beginning of the very next user message, and text blocks that contain more than white space.
https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from parley.providers.llm import Message
from parley.providers.untrusted import clean_json
from services.brain.providers.streams.history import CALLER_SILENT
from services.brain.providers.streams.native_history import conform_native

Block: TypeAlias = dict[str, Any]

EXTRA = "anthropic"
"""Key of a tool call under which the history keeps the thinking blocks that preceded it."""
_ILLEGAL_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")
_MAX_NAME = 128


def convert(
    messages: Sequence[Message], *, with_thinking: bool, has_tools: bool = True
) -> tuple[list[Block], list[Block]]:
    """The blocks of `system`, and `messages`.

    `with_thinking` returns the thinking blocks that preceded tool calls since the caller's last words.
    Without tools, as after a hand-off to an agent that has none, tool calls become texts: the API refuses
    them otherwise.
    """
    conformed = conform_native(messages, tools=has_tools)
    system = [_text(message["content"]) for message in conformed if message["role"] == "system"]
    last_words = max((n for n, message in enumerate(conformed) if message["role"] == "user"), default=0)
    result: list[Block] = []
    used: set[str] = set()
    waiting: list[str] = []
    """Ids of the calls whose results follow."""
    for number, message in enumerate(conformed):
        match message["role"]:
            case "user":
                _append(result, "user", [_text(message["content"] or CALLER_SILENT)])
            case "tool":
                _append(result, "user", [_tool_result(waiting.pop(0), message)])
            case "assistant":
                waiting = [_unique_id(call["id"], used) for call in message.get("tool_calls") or ()]
                thinking = with_thinking and number > last_words
                _append(result, "assistant", _assistant(message, waiting, with_thinking=thinking))
            case _:
                pass
    return system, result


def lacks_thinking(messages: Sequence[Block]) -> bool:
    """Whether the tool calls whose results come last were made without thinking, as by another model."""
    results = [block for block in messages[-1]["content"] if block["type"] == "tool_result"]
    return bool(results) and messages[-2]["content"][0]["type"] not in ("thinking", "redacted_thinking")


def _append(messages: list[Block], role: str, blocks: list[Block]) -> None:
    if messages and messages[-1]["role"] == role:
        messages[-1]["content"] += blocks
    else:
        messages.append({"role": role, "content": blocks})


def _unique_id(call_id: str, used: set[str]) -> str:
    """The id in the form that the API accepts, which is refused if it occurs twice."""
    found, number = wire_id(call_id), 1
    while found in used:
        number += 1
        found = f"{wire_id(call_id)}_{number}"
    used.add(found)
    return found


def _assistant(message: Mapping[str, Any], ids: Sequence[str], *, with_thinking: bool) -> list[Block]:
    calls = message.get("tool_calls") or ()
    thinking = [block for call in calls for block in _thinking(call)] if with_thinking else []
    text = [_text(message["content"])] if message.get("content") else []
    return [*thinking, *text, *map(_tool_use, calls, ids)]


def _thinking(call: Mapping[str, Any]) -> list[Block]:
    extra = call.get(EXTRA)
    blocks = extra.get("thinking") if isinstance(extra, Mapping) else None
    return [dict(block) for block in blocks if isinstance(block, Mapping)] if isinstance(blocks, list) else []


def _text(text: str) -> Block:
    return {"type": "text", "text": str(text).strip()}


def _tool_use(call: Mapping[str, Any], call_id: str) -> Block:
    function = call["function"]
    arguments = clean_json(json.loads(function["arguments"]))
    return {
        "type": "tool_use",
        "id": call_id,
        "name": wire_id(function["name"])[:_MAX_NAME],
        "input": arguments if isinstance(arguments, dict) else {},
    }


def _tool_result(call_id: str, message: Mapping[str, Any]) -> Block:
    return {"type": "tool_result", "tool_use_id": call_id, "content": str(message["content"])}


def wire_id(text: str) -> str:
    """An id or name with the characters that the API accepts; equal ids stay equal."""
    if legal := _ILLEGAL_IN_ID.sub(lambda found: f"_{ord(found[0]):x}", text):
        return legal
    return "_"
