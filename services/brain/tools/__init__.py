"""What the model may do besides speaking: one file a tool."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.brain.conversation import ToolCall

DEFAULT_TIMEOUT_S = 10.0


class ToolFailed(Exception):
    """A tool did not do it; the text is for the model to explain."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: how the model is told of it, and what it does."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON schema of the arguments."""
    run: Callable[[ToolCall], Awaitable[str]]
    """Does it once for each tool_call_id; returns JSON. Raises to say that it failed."""
    ends_call: bool = False
    timeout_s: float = DEFAULT_TIMEOUT_S

    @property
    def definition(self) -> dict[str, Any]:
        """As chat completions take it."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}
