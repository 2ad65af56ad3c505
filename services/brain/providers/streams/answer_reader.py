"""The interface of the readers of both protocols."""

from typing import Protocol

from parley.providers.llm import LlmEvent


class AnswerReader(Protocol):
    """Converts the decoded events of one streamed answer. Every method raises only ProviderError."""

    @property
    def pieces(self) -> int:
        """Number of events so far with text or a part of a tool call; reasoning does not count."""

    @property
    def in_tool_call(self) -> bool:
        """Whether the last of them was a part of a tool call."""

    @property
    def end_grace_s(self) -> float | None:
        """After the end of the answer: how long its stream may stay open; None before."""

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:
        """Convert one decoded JSON value of any type; `event_name` is that of the `event:` line."""

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the last events, with Done at the end; `marked` is whether the stream had `[DONE]`."""
