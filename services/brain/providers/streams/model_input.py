"""The content of a request to a language model, in the chat completions format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.providers.llm import Message, ToolChoice


@dataclass(frozen=True, slots=True)
class ModelInput:
    """The messages to answer, and the tools."""

    messages: Sequence[Message]
    tools: Sequence[Mapping[str, Any]]
    call_sid: str
    tool_choice: ToolChoice = "auto"

    @property
    def tool_names(self) -> list[str]:
        """Names of the functions that the model may call."""
        return [str(tool["function"]["name"]) for tool in self.tools]

    def private_texts(self) -> Iterator[str]:
        """The texts of the conversation, which no log may contain."""
        for message in self.messages:
            if isinstance(content := message.get("content"), str):
                yield content
            for call in message.get("tool_calls") or ():
                yield str(call.get("function", {}).get("arguments") or "")
        yield self.call_sid
