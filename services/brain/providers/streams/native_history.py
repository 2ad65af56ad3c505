"""Makes any history one that the APIs of Anthropic and Gemini accept. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from parley.providers.llm import Message
from services.brain.providers.streams.history import CALL_BEGINS, conform


@dataclass(frozen=True, slots=True)
class _Rules:
    """The histories that both APIs accept."""

    tools: bool = True
    system_role: Literal["system", "developer", "user"] = "system"
    one_system_message: bool = True
    roles: Literal["any", "merged", "alternate"] = "merged"
    last_role_user: bool = True
    null_content: bool = True
    tool_call_id: Literal["any", "alphanumeric_9"] = "any"
    tool_call_fields: bool = True
    empty_reasoning: bool = False

    @property
    def placeholder_fields(self) -> dict[str, Any]:
        """No fields."""
        return {}


def conform_native(messages: Sequence[Message], *, tools: bool = True) -> list[dict[str, Any]]:
    """The history with roles in order, without blank text, and with a message besides the instructions.

    Without `tools`, tool calls and their results become texts.
    """
    conformed = conform([_without_blank_text(message) for message in messages], _Rules(tools=tools))
    if not any(message["role"] != "system" for message in conformed):
        conformed.append({"role": "user", "content": CALL_BEGINS})
    return conformed


def _without_blank_text(message: Message) -> Message:
    content = message.get("content")
    if message["role"] == "tool" or not isinstance(content, str):
        return message
    return {**message, "content": content.strip() or None}
