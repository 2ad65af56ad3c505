"""The interface of the readers of all protocols."""

from typing import Protocol

from parley.providers.llm import LlmEvent
from services.brain.providers.streams.answer_pieces import AnswerPieces

END_GRACE_S = 0.05
"""How long a stream may stay open after its last event, so that the connection can be used again."""


class AnswerReader(Protocol):
    """Converts the decoded events of one streamed answer. Every method raises only ProviderError."""

    @property
    def pieces(self) -> AnswerPieces:
        """The text and the parts of tool calls so far."""

    @property
    def end_grace_s(self) -> float | None:
        """After the end of the answer: how long its stream may stay open; None before."""

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:
        """Convert one decoded JSON value of any type; `event_name` is that of the `event:` line."""

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the last events, with Done at the end; `marked` is whether the stream had `[DONE]`."""
