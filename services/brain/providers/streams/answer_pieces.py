"""Collects the pieces of a streamed answer, as the readers of all protocols do. No I/O."""

from collections.abc import Collection, Iterable, Sequence

from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from services.brain.providers.streams.answer_text import AnswerText

_CALL_ENDS = ("}", "]", ">")
"""Arguments that end with one of these may be complete."""


class AnswerPieces:
    """The pieces of one answer: text and parts of tool calls. Reasoning is neither."""

    def __init__(self, tool_names: Collection[str] = (), *, thinks_first: bool = False) -> None:
        """Create it; see `AnswerText` and `ThinkFilter` for the arguments."""
        self.text = AnswerText(tool_names, thinks_first=thinks_first)
        self.count = 0
        """Number of pieces so far."""
        self.in_tool_call = False
        """Whether the last one was a part of a tool call, or text that may be one."""
        self.awaits_arguments = False
        """Whether more of that call's arguments must follow, which a model writes without a pause."""

    def add_text(self, text: str) -> list[LlmEvent]:
        """Add a piece of text, which may be empty, and return what of it can be spoken now.

        Raises:
            ProviderUnavailable: the answer is longer than any spoken one.
        """
        found = self.text.push(text) if text else []
        if self.text.in_tool_call and text.strip():
            self.add_tool_call_part(text)
        else:
            self.count_text(found)
        return [*found]

    def count_text(self, deltas: Iterable[TextDelta]) -> None:
        """Count deltas that were not returned by `add_text`; white space alone does not count."""
        if any(delta.text.strip() for delta in deltas):
            self._add(in_tool_call=False)

    def add_tool_call_part(self, fragment: str | None = "") -> None:
        """Count a part of a tool call: a fragment of its arguments, or None if it is complete."""
        self._add(in_tool_call=True)
        self.awaits_arguments = fragment is not None and not fragment.rstrip().endswith(_CALL_ENDS)

    def end_tool_call(self) -> None:
        """Note that the arguments of a tool call are complete."""
        self.awaits_arguments = False

    def finish(
        self, calls: Sequence[ToolCallRequest], usage: TokenUsage | None, reason: str = ""
    ) -> list[LlmEvent]:
        """Return the last events: the rest of the text, the tool calls, the usage and Done.

        Without `calls`, those that the model wrote as text count; `reason` is empty for an ordinary end.
        """
        text = self.text.finish()
        calls = calls or self.text.written_calls
        done = Done(reason or ("tool_calls" if calls else "stop"))
        return [*text, *calls, *([usage] if usage is not None else []), done]

    def _add(self, *, in_tool_call: bool) -> None:
        self.count += 1
        self.in_tool_call, self.awaits_arguments = in_tool_call, False
