"""Reads a streamed answer of Anthropic's Messages API, as servers really send it. No I/O.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections.abc import Collection
from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import LlmEvent, TokenUsage
from parley.providers.untrusted import clean_text
from services.brain.providers.anthropic.errors import PROVIDER, error_of_event
from services.brain.providers.anthropic.tool_uses import ToolUses
from services.brain.providers.streams.answer_pieces import AnswerPieces
from services.brain.providers.streams.answer_reader import END_GRACE_S
from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text

_MAX_REASON_CHARS = 50
_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}


class AnthropicReader:
    """Converts the events of one answer; implements AnswerReader.

    A whole message in place of events, as from a server that does not stream, is read as well.
    """

    def __init__(self, tool_names: Collection[str] = ()) -> None:
        """Create a reader; `tool_names` are the tools whose calls may be written as text."""
        self.pieces = AnswerPieces(tool_names)
        self._tool_uses = ToolUses()
        self._usage: dict[str, Any] = {}
        self._reason = ""
        self._ended = False

    @property
    def end_grace_s(self) -> float | None:
        """After the end of the message: how long its stream may stay open; None before."""
        return END_GRACE_S if self._ended else None

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:
        """Convert an event of any type.

        Raises:
            ProviderError: it is an error, or the answer exceeds a limit.
        """
        fields = as_object(event)
        kind = as_text(fields.get("type")) or event_name
        if self._ended:
            return []
        if error := error_of_event(fields, kind):
            raise error
        match kind:
            case "message_start":
                self._note_usage(as_object(fields.get("message")).get("usage"))
            case "content_block_start":
                return self._start(as_index(fields.get("index")), as_object(fields.get("content_block")))
            case "content_block_delta":
                return self._delta(as_index(fields.get("index")), as_object(fields.get("delta")))
            case "content_block_stop":
                self.pieces.end_tool_call()
            case "message_delta":
                self._note_reason(as_object(fields.get("delta")).get("stop_reason"))
                self._note_usage(fields.get("usage"))
            case "message_stop":
                self._ended = True
            case "message":
                return self._whole(fields)
            case _:
                # Pings, and events of later versions.
                pass
        return []

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the rest of the text, the tool calls and Done.

        Raises:
            ProviderUnavailable: the stream ended in the middle of the message.
        """
        if not self._reason and not self._ended and not marked:
            raise ProviderUnavailable(PROVIDER, "the stream ended without the end of the message")
        return self.pieces.finish(self._tool_uses.finish(), self._read_usage(), self._reason)

    def _start(self, index: int | None, block: dict[str, Any]) -> list[LlmEvent]:
        match as_text(block.get("type")):
            case "text":
                return self.pieces.add_text(as_text(block.get("text")))
            case "tool_use":
                self._tool_uses.start(index, block)
                self.pieces.add_tool_call_part(None if block.get("input") else "")
            case "thinking" | "redacted_thinking":
                self._tool_uses.start_thinking(index, block)
            case _:
                pass
        return []

    def _delta(self, index: int | None, delta: dict[str, Any]) -> list[LlmEvent]:
        match as_text(delta.get("type")):
            case "text_delta":
                return self.pieces.add_text(as_text(delta.get("text")))
            case "input_json_delta":
                fragment = as_text(delta.get("partial_json"))
                if self._tool_uses.add(index, fragment):
                    self.pieces.add_tool_call_part(fragment)
            case "thinking_delta":
                self._tool_uses.add_thinking(index, "thinking", as_text(delta.get("thinking")))
            case "signature_delta":
                self._tool_uses.add_thinking(index, "signature", as_text(delta.get("signature")))
            case _:
                pass
        return []

    def _whole(self, message: dict[str, Any]) -> list[LlmEvent]:
        found: list[LlmEvent] = []
        for index, part in enumerate(as_list(message.get("content"))):
            block = as_object(part)
            found += self._start(index, block)
            if as_text(block.get("type")) == "tool_use" and isinstance(block.get("input"), dict):
                self._tool_uses.add(index, json.dumps(block["input"], ensure_ascii=False))
        self._note_reason(message.get("stop_reason"))
        self._note_usage(message.get("usage"))
        self._ended = True
        return found

    def _note_reason(self, reason: object) -> None:
        if isinstance(reason, str) and reason:
            self._reason = _REASONS.get(reason, clean_text(reason, _MAX_REASON_CHARS))

    def _note_usage(self, usage: object) -> None:
        """Keep the last value of each count: those of `message_delta` are totals."""
        self._usage |= {key: value for key, value in as_object(usage).items() if value is not None}

    def _read_usage(self) -> TokenUsage | None:
        def count(name: str) -> int:
            return as_index(self._usage.get(name)) or 0

        details = as_object(self._usage.get("output_tokens_details"))
        cached = count("cache_read_input_tokens")
        # `input_tokens` are only those that were neither read from the cache nor written to it.
        usage = TokenUsage(
            input=count("input_tokens") + cached + count("cache_creation_input_tokens"),
            cached_input=cached,
            output=count("output_tokens"),
            reasoning=as_index(details.get("thinking_tokens")) or 0,
        )
        return usage.plausible() if usage.input or usage.output else None
