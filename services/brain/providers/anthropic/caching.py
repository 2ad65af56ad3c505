"""Marks what Anthropic may cache: the tools, the prompt, and the conversation up to the caller's last words.

A marked beginning that an earlier request had costs a tenth and is read faster; to write it costs a quarter
more. The caller's last words are not marked, because speculative requests guess them, and neither are
instructions for one answer. https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""

from collections.abc import Mapping, Sequence
from typing import Any


def mark(body: dict[str, Any], control: Mapping[str, Any]) -> None:
    """Mark the last tool, the last block of `system`, and the last message before the caller's last words."""
    for blocks in (body.get("tools"), body.get("system")):
        if blocks:
            blocks[-1]["cache_control"] = dict(control)
    if (block := _last_stable_block(body["messages"])) is not None:
        block["cache_control"] = dict(control)


def _last_stable_block(messages: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    last_words = next(
        (
            number
            for number in range(len(messages) - 1, -1, -1)
            if messages[number]["role"] == "user"
            and any(block["type"] == "text" for block in messages[number]["content"])
        ),
        0,
    )
    if not last_words:
        return None
    # Thinking blocks cannot be marked.
    blocks: list[dict[str, Any]] = messages[last_words - 1]["content"]
    return next((block for block in reversed(blocks) if "thinking" not in block["type"]), None)
