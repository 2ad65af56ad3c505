"""Builds the body of a chat completions request. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from parley.agent_config import LlmConfig
from parley.providers.llm import Message, ToolChoice


def build_chat_request(
    config: LlmConfig,
    messages: Sequence[Message],
    tools: Sequence[Mapping[str, Any]],
    call_sid: str,
    tool_choice: ToolChoice = "auto",
) -> dict[str, Any]:
    """Return the body of a streamed request. It carries the CallSid as `user`."""
    return {
        "model": config.model,
        "messages": list(messages),
        "temperature": config.temperature,
        "max_completion_tokens": config.max_tokens,
        "stream": True,
        "user": call_sid,
        **({"tools": list(tools)} if tools else {}),
        **({"tool_choice": "none"} if tools and tool_choice == "none" else {}),
    }
