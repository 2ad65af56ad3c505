"""Checks of a body's messages: roles, blocks, tool calls with their results, thinking. No I/O.

Only the first error is used, so each check relies on those before it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from sandbox.anthropic.errors import ApiError
from sandbox.anthropic.models import Model
from sandbox.anthropic.thinking import is_signature, sign

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_BLOCKS = {
    "user": ("text", "tool_result", "image", "document"),
    "assistant": ("text", "tool_use", "thinking", "redacted_thinking"),
}
_KEYS = {
    "text": {"type", "text", "cache_control", "citations"},
    "tool_use": {"type", "id", "name", "input", "cache_control"},
    "tool_result": {"type", "tool_use_id", "content", "is_error", "cache_control"},
    "thinking": {"type", "thinking", "signature"},
    "redacted_thinking": {"type", "data"},
}
Block = Mapping[str, Any]


def message_errors(body: Mapping[str, Any], model: Model) -> Iterator[ApiError]:
    """Errors of the messages."""
    messages = body["messages"]
    if not isinstance(messages, list):
        yield ApiError("messages: Input should be a valid list")
    if not messages:
        yield ApiError("messages: at least one message is required")
    for number, message in enumerate(messages):
        yield from _form_errors(message, f"messages.{number}")
    yield from _role_errors(messages, model)
    yield from _tool_errors(messages, has_tools=bool(body.get("tools")))
    yield from _thinking_errors(body, messages, model)


def blocks_of(message: Block) -> list[Block]:
    """The blocks of a message, whose content may be a text."""
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _form_errors(message: Any, where: str) -> Iterator[ApiError]:
    if not isinstance(message, dict):
        yield ApiError(f"{where}: Input should be a valid dictionary")
    for name in message:
        if name not in ("role", "content"):
            yield ApiError(f"{where}.{name}: Extra inputs are not permitted")
    if message.get("role") not in _BLOCKS:
        yield ApiError(f"{where}.role: Input should be 'user' or 'assistant'")
    if not isinstance(message.get("content"), str | list):
        yield ApiError(f"{where}.content: Field required")
    if not message["content"]:
        yield ApiError(f"{where}: all messages must have non-empty content")
    for at, block in enumerate(blocks_of(message)):
        yield from _block_errors(block, message["role"], f"{where}.content.{at}")


def _block_errors(block: Any, role: str, where: str) -> Iterator[ApiError]:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in _BLOCKS[role]:
        yield ApiError(
            f"{where}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
        )
    for name in block:
        if kind in _KEYS and name not in _KEYS[kind]:
            yield ApiError(f"{where}.{kind}.{name}: Extra inputs are not permitted")
    if kind == "text":
        yield from _text_errors(block, where)
    if kind == "tool_use":
        yield from _tool_use_errors(block, f"{where}.tool_use")
    if kind == "tool_result":
        if not isinstance(block.get("tool_use_id"), str):
            yield ApiError(f"{where}.tool_result.tool_use_id: Field required")
        if not isinstance(block.get("content", ""), str | list):
            yield ApiError(f"{where}.tool_result.content: Input should be a valid string")


def _text_errors(block: Block, where: str) -> Iterator[ApiError]:
    if not isinstance(block.get("text"), str):
        yield ApiError(f"{where}.text.text: Field required")
    if not block["text"]:
        yield ApiError("messages: text content blocks must be non-empty")
    if not block["text"].strip():
        yield ApiError("messages: text content blocks must contain non-whitespace text")


def _tool_use_errors(block: Block, where: str) -> Iterator[ApiError]:
    if not isinstance(block.get("id"), str) or not _ID.fullmatch(block["id"]):
        yield ApiError(f"{where}.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
    if not isinstance(block.get("name"), str) or not _NAME.fullmatch(block["name"]):
        yield ApiError(f"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
    if not isinstance(block.get("input"), dict):
        yield ApiError(f"{where}.input: Input should be a valid dictionary")


def _role_errors(messages: Sequence[Block], model: Model) -> Iterator[ApiError]:
    if messages[0]["role"] != "user":
        yield ApiError('messages: first message must use the "user" role')
    for first, second in pairwise(messages):
        if first["role"] == second["role"]:
            text = 'messages: roles must alternate between "user" and "assistant", but found multiple'
            yield ApiError(f'{text} "{first["role"]}" roles in a row')
    if messages[-1]["role"] != "assistant":
        return
    if not model.prefill and not model.own:
        text = "This model does not support assistant message prefill."
        yield ApiError(f"{text} The conversation must end with a user message.")
    last = blocks_of(messages[-1])[-1]
    if last["type"] == "text" and last["text"] != last["text"].rstrip():
        yield ApiError("messages: final assistant content cannot end with trailing whitespace")


def _tool_errors(messages: Sequence[Block], *, has_tools: bool) -> Iterator[ApiError]:
    seen: set[str] = set()
    expected: list[str] = []
    for number, message in enumerate(messages):
        blocks = blocks_of(message)
        results = [block for block in blocks if block["type"] == "tool_result"]
        if (results or any(block["type"] == "tool_use" for block in blocks)) and not has_tools:
            yield ApiError("Requests which include `tool_use` or `tool_result` blocks must define tools.")
        leading = [b["tool_use_id"] for b in blocks[: len(results)] if b["type"] == "tool_result"]
        if missing := [tool_id for tool_id in expected if tool_id not in leading]:
            yield _without_result(number - 1, missing)
        ids = [block["tool_use_id"] for block in results]
        if unknown := next((tool_id for tool_id in ids if tool_id not in expected), None):
            yield _without_call(f"messages.{number}.content", unknown)
        if len(set(ids)) < len(ids):
            yield ApiError("each tool_use must have a single result. Found multiple `tool_result` blocks")
        expected = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if seen.intersection(expected) or len(set(expected)) < len(expected):
            yield ApiError("messages: `tool_use` ids must be unique")
        seen |= set(expected)
    if expected:
        yield _without_result(len(messages) - 1, expected)


def _without_result(number: int, ids: Sequence[str]) -> ApiError:
    text = f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after:"
    text = f"{text} {', '.join(ids)}. Each `tool_use` block must have a corresponding `tool_result` block"
    return ApiError(f"{text} in the next message.")


def _without_call(where: str, tool_id: str) -> ApiError:
    text = f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {tool_id}. Each"
    text = f"{text} `tool_result` block must have a corresponding `tool_use` block in the previous message."
    return ApiError(text)


def _thinking_errors(body: Mapping[str, Any], messages: Sequence[Block], model: Model) -> Iterator[ApiError]:
    if (body.get("thinking") or {}).get("type") == "enabled":
        yield from _missing_thinking_errors(messages)
    for number, message in enumerate(messages):
        blocks = blocks_of(message)
        for at, block in enumerate(blocks):
            if block["type"] != "thinking":
                continue
            where = f"messages.{number}.content.{at}"
            if not isinstance(block.get("signature"), str) or not is_signature(block["signature"]):
                yield ApiError(f"{where}: Invalid `signature` in `thinking` block")
            if model.binds_thinking and block["signature"] != sign(body, messages[:number]):
                yield ApiError(f"{where}: The block is bound to a different conversation.")
            if at and blocks[at - 1]["type"] == "text":
                yield ApiError(f"{where}: `thinking` blocks must precede the text of their message")


def _missing_thinking_errors(messages: Sequence[Block]) -> Iterator[ApiError]:
    """Thinking by a budget needs the thinking of the tool calls whose results come last."""
    if not any(block["type"] == "tool_result" for block in blocks_of(messages[-1])):
        return
    found = blocks_of(messages[-2])[0]["type"]
    if found not in ("thinking", "redacted_thinking"):
        text = f"messages.{len(messages) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but"
        text = f"{text} found `{found}`. When `thinking` is enabled, a final `assistant` message must start"
        text = f"{text} with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result`"
        yield ApiError(f"{text} blocks). To avoid this requirement, disable `thinking`.")
