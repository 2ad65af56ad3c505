"""Tools that the model may call."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from parley.agent_config.tools.arguments_schema import ArgumentsSchema, schema_problem
from parley.knowledge.found import FoundPassage
from parley.v1.event_pb2 import Event
from services.brain.conversation import Conversation
from services.brain.tool_call import ToolCall

DEFAULT_TIMEOUT_S = 10.0


class ToolFailed(Exception):
    """A tool call failed; the text is the reason, which the model explains to the caller."""


class TurnRetrieval(Protocol):
    """Finds passages of documents for the caller's turns, before the model requests them."""

    @property
    def for_each_turn(self) -> bool:
        """Whether each request to the model contains passages."""

    def on_event(self, event: Event, conversation: Conversation, tasks: asyncio.TaskGroup) -> None:
        """Begin a search if the caller's turn has ended or probably has."""

    async def passages(self, conversation: Conversation) -> tuple[FoundPassage, ...]:
        """Return the passages for the caller's last words, as far as they are found in time."""

    def stop(self) -> None:
        """Stop the search, because the call has ended."""


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
    retrieval: TurnRetrieval | None = None
    """The retrieval of a tool that searches documents."""
    schema: ArgumentsSchema | None = field(init=False)
    """Checks the arguments; None if the schema cannot be applied."""

    def __post_init__(self) -> None:
        schema = None if schema_problem(self.parameters) else ArgumentsSchema(self.parameters)
        object.__setattr__(self, "schema", schema)

    @property
    def definition(self) -> dict[str, Any]:
        """The definition in OpenAI's chat completions format."""
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}
