"""What a model must be able to do for the brain."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from parley.agent_config import LlmConfig
from services.brain.generation.prompt import Message


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of what to say."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    """The model wants a tool called."""

    tool_call_id: str
    name: str
    arguments: str
    """As the model wrote them: usually a JSON object."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete."""

    reason: str
    """"stop", "length", "tool_calls", "content_filter"."""


LlmEvent = TextDelta | ToolCallRequest | Done


class LlmClient(Protocol):
    """A language model behind an API."""

    async def warm_up(self) -> None:
        """Be ready for a question soon; never raises."""

    def stream(
        self, thinking: LlmConfig, told: Sequence[Message], tools: Sequence[dict[str, Any]], *, call_sid: str
    ) -> AsyncGenerator[LlmEvent]:
        """Stream an answer; the last item is Finished. Closing the iterator cancels the request.

        Raises:
            ProviderError: refused, busy, late or broken.
        """
