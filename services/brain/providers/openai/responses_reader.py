"""Reads a streamed answer of OpenAI's Responses API. No I/O."""

from collections.abc import Collection
from typing import Any

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.llm import LlmEvent, TokenUsage
from parley.providers.untrusted import clean_text
from services.brain.providers.openai.errors import PROVIDER
from services.brain.providers.openai.response_calls import ResponseCalls
from services.brain.providers.openai.response_texts import ResponseTexts
from services.brain.providers.openai.stream_errors import error_of, read_error
from services.brain.providers.openai.token_usage import read_usage
from services.brain.providers.streams.answer_pieces import AnswerPieces
from services.brain.providers.streams.answer_reader import END_GRACE_S
from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text

_MAX_REASON_CHARS = 50
_INCOMPLETE_REASONS = {"max_output_tokens": "length", "max_tokens": "length"}
_ENDS = ("completed", "incomplete", "failed", "cancelled", "done")


class ResponsesReader:
    """Converts the events of one response; implements AnswerReader.

    Each text arrives up to five times: in deltas, at the end of the text, of its part, of its item and of the
    response. Each is emitted once, from whichever event has it first.
    """

    def __init__(self, tool_names: Collection[str] = ()) -> None:
        """Create a reader; `tool_names` are the tools whose calls may be written as text."""
        self.pieces = AnswerPieces(tool_names)
        self._texts = ResponseTexts()
        self._calls = ResponseCalls()
        self._reason: str | None = None
        self._usage: TokenUsage | None = None

    @property
    def end_grace_s(self) -> float | None:
        """After the end of the response: how long its stream may stay open; None before."""
        return None if self._reason is None else END_GRACE_S

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:
        """Convert an event of any type.

        Raises:
            ProviderError: it is an error, the response failed, or it exceeds a limit.
        """
        fields = as_object(event)
        kind = as_text(fields.get("type")) or event_name
        if self._reason is not None:
            return []
        if (end := kind.removeprefix("response.")) in _ENDS:
            return self._read_end(as_object(fields.get("response")) or fields, end)
        if as_text(fields.get("object")) == "response" and as_text(fields.get("status")) in _ENDS:
            # A response that was not streamed.
            return self._read_end(fields, "")
        if error := read_error(event, event_name):
            raise error
        return self._read_part(fields, kind)

    def _read_part(self, fields: dict[str, Any], kind: str) -> list[LlmEvent]:
        match kind.split("."):
            case ["response", "output_text" | "refusal", "delta"]:
                return self.pieces.add_text(
                    self._texts.delta(_part_key(fields), as_text(fields.get("delta")))
                )
            case ["response", "output_text" | "refusal", "done"]:
                text = as_text(fields.get("text")) or as_text(fields.get("refusal"))
                return self.pieces.add_text(self._texts.whole(_part_key(fields), text))
            case ["response", "content_part", "done"]:
                part = as_object(fields.get("part"))
                return self.pieces.add_text(self._texts.whole(_part_key(fields), _part_text(part)))
            case ["response", "output_item", "added" | "done" as step]:
                return self._read_item(fields, complete=step == "done")
            case ["response", "function_call_arguments" | "custom_tool_call_input", "delta" | "done"]:
                if self._calls.arguments(fields):
                    self.pieces.add_tool_call_part(_fragment(fields))
            case _:
                pass
        return []

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the rest of the text, the tool calls and Done.

        Raises:
            ProviderUnavailable: the stream ended in the middle of the response.
        """
        if self._reason is None and not marked:
            raise ProviderUnavailable(PROVIDER, "the stream ended without the end of the response")
        return self.pieces.finish(self._calls.finish(), self._usage, self._reason or "")

    def _read_item(self, fields: dict[str, Any], *, complete: bool) -> list[LlmEvent]:
        item, position = as_object(fields.get("item")), as_index(fields.get("output_index"))
        if as_text(item.get("type")) == "message":
            if not complete:
                return []
            return self._read_message(item, position)
        if self._calls.item(item, position, complete=complete):
            self.pieces.add_tool_call_part(None if complete else "")
        return []

    def _read_message(self, item: dict[str, Any], position: int | None) -> list[LlmEvent]:
        found: list[LlmEvent] = []
        for at, part in enumerate(as_list(item.get("content"))):
            key = (position if position is not None else as_text(item.get("id")), at)
            found += self.pieces.add_text(self._texts.whole(key, _part_text(as_object(part))))
        return found

    def _read_end(self, response: dict[str, Any], end: str) -> list[LlmEvent]:
        status = as_text(response.get("status")) or end
        if status in {"failed", "cancelled"} or response.get("error"):
            raise _failure(response, status)
        self._usage = read_usage(response.get("usage"))
        output = as_list(response.get("output"))
        found = self.pieces.add_text(
            self._texts.rest(_all_text(output) or as_text(response.get("output_text")))
        )
        for position, item in enumerate(output):
            self._calls.item(as_object(item), position, complete=True, last=True)
        details = as_object(response.get("incomplete_details"))
        reason = clean_text(as_text(details.get("reason")), _MAX_REASON_CHARS)
        if status == "incomplete" or reason:
            self._reason = _INCOMPLETE_REASONS.get(reason, reason or "incomplete")
        else:
            self._reason = "tool_calls" if self._calls.started else "stop"
        return found


def _part_key(fields: dict[str, Any]) -> tuple[int | str, int]:
    position = as_index(fields.get("output_index"))
    return (
        position if position is not None else as_text(fields.get("item_id")),
        as_index(fields.get("content_index")) or 0,
    )


def _part_text(part: dict[str, Any]) -> str:
    if as_text(part.get("type")) not in {"output_text", "text", "refusal"}:
        return ""
    return as_text(part.get("text")) or as_text(part.get("refusal"))


def _fragment(fields: dict[str, Any]) -> str | None:
    """Return the arguments of a delta; None at their end."""
    return as_text(fields["delta"]) if "delta" in fields else None


def _all_text(output: list[Any]) -> str:
    items = [as_object(item) for item in output]
    messages = [item for item in items if as_text(item.get("type")) == "message"]
    return "".join(_part_text(as_object(part)) for item in messages for part in as_list(item.get("content")))


def _failure(response: dict[str, Any], status: str) -> ProviderError:
    error = response.get("error")
    return error_of(error) if error else ProviderUnavailable(PROVIDER, f"the response is {status}")
