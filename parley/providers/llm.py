"""The protocol of a language model provider."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from parley.agent_config import LlmConfig

Message: TypeAlias = Mapping[str, Any]
"""A chat message in the OpenAI chat completions format."""


MAX_TOKENS = 10_000_000
"""More tokens in one request are an error of the provider's report."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallRequest:
    """A complete tool call that the model requests."""

    tool_call_id: str
    name: str
    arguments: str
    """Text written by the model: usually a JSON object."""
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The provider's other fields of the call, which it requires back in the next request: JSON values."""


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """The tokens of a request and its answer, as the provider reports them; at most once, before Done."""

    input: int = 0
    cached_input: int = 0
    """The part of the input that the provider had cached."""
    output: int = 0
    reasoning: int = 0
    """The part of the output that is reasoning."""

    def plausible(self) -> "TokenUsage":
        """The same with counts between 0 and `MAX_TOKENS`, and parts not larger than their whole."""
        whole_input, output = (min(max(count, 0), MAX_TOKENS) for count in (self.input, self.output))
        return TokenUsage(
            input=whole_input,
            cached_input=min(max(self.cached_input, 0), whole_input),
            output=output,
            reasoning=min(max(self.reasoning, 0), output),
        )


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete."""

    reason: str
    """`stop`, `length`, `tool_calls` or `content_filter`; a provider may send others."""


ToolChoice: TypeAlias = Literal["auto", "none"]
"""Whether the model may call tools. With `none` the definitions are sent nevertheless, because some servers
require them when the history contains tool calls."""

LlmEvent: TypeAlias = TextDelta | ToolCallRequest | TokenUsage | Done


class LlmClient(Protocol):
    """A language model provider of one process; opened by its plugin, shared by all calls."""

    async def warm_up(self) -> None:
        """Open a connection that the next request can use; never raises ProviderError."""

    def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        *,
        call_sid: str,
        tool_choice: ToolChoice = "auto",
    ) -> AsyncGenerator[LlmEvent]:
        """Stream an answer that ends with Done. Closing the generator cancels the request.

        `tools` are function definitions in the OpenAI chat completions format.

        Raises:
            ProviderError: rejected, rate limited, timed out or unavailable.
        """
