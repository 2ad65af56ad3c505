"""What a model must be able to do for the brain."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from parley.agent_config import LlmConfig
from services.brain.prompt import Message


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of what to say."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """The model wants a tool called."""

    tool_call_id: str
    name: str
    arguments: str
    """As the model wrote them: usually a JSON object."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is complete."""

    reason: str
    """"stop", "length", "tool_calls", "content_filter"."""


Thought = Token | ToolRequest | Finished


class Model(Protocol):
    """A language model behind an API."""

    async def warm(self) -> None:
        """Be ready for a question soon; never raises."""

    def think(
        self, thinking: LlmConfig, told: Sequence[Message], tools: Sequence[dict[str, Any]], *, call_sid: str
    ) -> AsyncGenerator[Thought]:
        """Stream an answer; the last item is Finished. Closing the iterator cancels the request.

        Raises:
            ProviderError: refused, busy, late or broken.
        """
