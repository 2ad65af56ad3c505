"""Reads a streamed answer of the chat completions protocol, as servers really send it. No I/O."""

from collections.abc import Collection
from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import LlmEvent, TokenUsage
from parley.providers.untrusted import clean_text
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.finish_reasons import common_reason, is_failure
from services.brain.providers.openai.stream_errors import error_of, read_error
from services.brain.providers.openai.token_usage import read_usage
from services.brain.providers.openai.tool_call_parts import ToolCallParts
from services.brain.providers.streams.answer_pieces import AnswerPieces
from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text

_END_GRACE_S = 1.0
"""How long a stream may stay open after the finish reason: usage and filter results may follow."""
_MAX_REASON_CHARS = 50
_MIN_REPEATED_CHARS = 8
"""Shorter text may repeat by chance."""
_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_details", "thinking")


class ChatReader:
    """Converts the chunks of one answer; implements AnswerReader.

    - Only the choice with index 0 is read, or the first one of an event without indices.
    - `message` in place of `delta`, as in an answer that was not streamed, adds what is new in it.
    - Pieces that each repeat the whole text so far are reduced to what is new: `CumulativePieces`.
    - A refusal is text; reasoning is not.
    """

    def __init__(self, tool_names: Collection[str] = (), *, thinks_first: bool = False) -> None:
        """Create a reader; see `ToolCallParts` and `ThinkFilter` for the arguments."""
        self.pieces = AnswerPieces(tool_names, thinks_first=thinks_first)
        self._calls = ToolCallParts(tool_names)
        self._finish_reason = ""
        self._usage: TokenUsage | None = None
        self._finished_early = False

    @property
    def closed_without_opening(self) -> bool:
        """Whether the answer began with reasoning that only a closing tag showed."""
        return self.pieces.text.closed_without_opening

    @property
    def end_grace_s(self) -> float | None:
        """After the finish reason: how long the stream may stay open; None before."""
        # A server that sends a finish reason with each chunk shows its end in another way.
        return _END_GRACE_S if self._finish_reason and not self._finished_early else None

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:
        """Convert a chunk of any type.

        Raises:
            ProviderError: it is an error, or the answer exceeds a limit.
        """
        if error := read_error(event, event_name):
            raise error
        fields = as_object(event)
        self._read_usage(fields)
        choice = _first_choice(fields.get("choices"))
        if choice is None:
            return []
        if error := choice.get("error"):
            raise error_of(error)
        before = self.pieces.count
        found = self._read_choice(choice)
        self._finished_early = self._finished_early or bool(
            self._finish_reason and self.pieces.count > before
        )
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and is_failure(reason):
            raise ProviderUnavailable(PROVIDER, f"the finish reason is {reason.lower()}")
        if isinstance(reason, str) and reason not in {"", "null"}:
            self._finish_reason = common_reason(clean_text(reason, _MAX_REASON_CHARS))
        return found

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the rest of the text, the tool calls and Done.

        Raises:
            ProviderUnavailable: the stream ended in the middle of the answer.
        """
        if not self._finish_reason and not marked:
            raise ProviderUnavailable(PROVIDER, "the stream ended without a finish reason")
        return self.pieces.finish(self._calls.finish(), self._usage, self._finish_reason)

    def _read_choice(self, choice: dict[str, Any]) -> list[LlmEvent]:
        if isinstance(choice.get("delta"), dict):
            return self._read_delta(choice["delta"], last=bool(choice.get("finish_reason")))
        if isinstance(choice.get("message"), dict):
            return self._read_message(choice["message"])
        return self.pieces.add_text(as_text(choice.get("text")))

    def _read_usage(self, fields: dict[str, Any]) -> None:
        """Keep the last usage: some servers send the usage so far in each chunk, Groq in its own field."""
        sent = fields.get("usage") or as_object(fields.get("x_groq")).get("usage")
        if sent:
            self._usage = read_usage(sent) or self._usage

    def _read_delta(self, delta: dict[str, Any], *, last: bool) -> list[LlmEvent]:
        found: list[LlmEvent] = []
        if any(delta.get(name) for name in _REASONING_FIELDS):
            released = self.pieces.text.reasoning_is_separate()
            self.pieces.count_text(released)
            found += released
        content = _content(delta.get("content"))
        # Some servers send the whole text again with the finish reason.
        repeated = last and len(content) >= _MIN_REPEATED_CHARS and content == self.pieces.text.raw
        found += self.pieces.add_text("" if repeated else content)
        found += self.pieces.add_text(_content(delta.get("refusal")))
        self._read_calls(_tool_calls(delta))
        return found

    def _read_message(self, message: dict[str, Any]) -> list[LlmEvent]:
        whole = _content(message.get("content")) + _content(message.get("refusal"))
        found = self.pieces.text.push_whole(whole)
        self.pieces.count_text(found)
        if not self._calls.started:
            calls = _tool_calls(message)
            self._read_calls([{"index": at, **as_object(call)} for at, call in enumerate(calls)])
        return [*found]

    def _read_calls(self, parts: list[Any]) -> None:
        if parts and self._calls.add(parts):
            self.pieces.add_tool_call_part(self._calls.last_fragment)


def _first_choice(choices: object) -> dict[str, Any] | None:
    for choice in as_list(choices):
        if isinstance(choice, dict) and as_index(choice.get("index")) in {0, None}:
            return choice
    return None


def _content(content: object) -> str:
    """The text of a message's content: a string, or a list of parts of which some are reasoning."""
    if not isinstance(content, list | dict):
        return as_text(content)
    texts: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        fields = as_object(part)
        kind = as_text(fields.get("type")).lower()
        if isinstance(part, str):
            texts.append(part)
        elif not any(word in kind for word in ("think", "reason")):
            text = fields.get("text", fields.get("refusal"))
            texts.append(as_text(text) or as_text(as_object(text).get("value")))
    return "".join(texts)


def _tool_calls(delta: dict[str, Any]) -> list[Any]:
    calls = as_list(delta.get("tool_calls"))
    if not calls and isinstance(legacy := delta.get("function_call"), dict):
        return [{"index": 0, "function": legacy}]
    return calls
