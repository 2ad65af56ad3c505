"""Tools that the model may call."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.brain.tool_call import ToolCall

DEFAULT_TIMEOUT_S = 10.0


class ToolFailed(Exception):
    """A tool call failed; the text is the reason, which the model explains to the caller."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its description for the model and its implementation."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    run: Callable[[ToolCall], Awaitable[str]]
    """Runs once per tool_call_id and returns JSON; raises ToolFailed with the reason."""
    ends_call: bool = False
    timeout_s: float = DEFAULT_TIMEOUT_S

    @property
    def definition(self) -> dict[str, Any]:
        """The definition in OpenAI's chat completions format."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}
