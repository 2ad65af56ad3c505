"""Reads a streamed answer of the Gemini API, as servers really send it. No I/O.

https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse
"""

import json
from collections.abc import Collection
from typing import Any

from parley.errors import ProviderUnavailable
from parley.providers.llm import LlmEvent, TokenUsage
from parley.providers.untrusted import clean_json
from services.brain.providers.gemini.contents import EXTRA
from services.brain.providers.gemini.errors import PROVIDER, error_of_chunk, finish_reason, text_of
from services.brain.providers.streams.answer_pieces import AnswerPieces
from services.brain.providers.streams.answer_reader import END_GRACE_S
from services.brain.providers.streams.json_values import as_index, as_list, as_object, as_text
from services.brain.providers.streams.tool_requests import RawCall, requests_of

_MAX_CALLS = 128
_MAX_CHARS = 1_000_000


class GeminiReader:
    """Converts the chunks of one answer; implements AnswerReader.

    Only the candidate with index 0 is read. Thoughts are not text. The chunks may come in a list, as without
    `alt=sse`.
    """

    def __init__(self, tool_names: Collection[str] = ()) -> None:
        """Create a reader; `tool_names` are the tools whose calls may be written as text."""
        self.pieces = AnswerPieces(tool_names)
        self._calls: list[RawCall] = []
        self._chars = 0
        self._usage: dict[str, Any] = {}
        self._reason = ""

    @property
    def end_grace_s(self) -> float | None:
        """After the finish reason: how long the stream may stay open; None before."""
        return END_GRACE_S if self._reason else None

    def read(self, event: object, event_name: str = "") -> list[LlmEvent]:  # noqa: ARG002 - AnswerReader's
        """Convert a chunk of any type.

        Raises:
            ProviderError: it is an error, or the answer exceeds a limit or has failed.
        """
        found: list[LlmEvent] = []
        if error := error_of_chunk(event):
            raise error
        for chunk in as_list(event):
            found += self._read_chunk(as_object(chunk))
        return found

    def finish(self, *, marked: bool = False) -> list[LlmEvent]:
        """Return the rest of the text, the tool calls and Done.

        Raises:
            ProviderError: the stream ended in the middle of the answer, or the answer has failed.
        """
        if not self._reason and not marked:
            raise ProviderUnavailable(PROVIDER, "the stream ended without a finish reason")
        reason = finish_reason(self._reason) if self._reason else ""
        return self.pieces.finish(requests_of(self._calls), self._read_usage(), reason)

    def _read_chunk(self, chunk: dict[str, Any]) -> list[LlmEvent]:
        self._usage |= {
            name: count for name, count in as_object(chunk.get("usageMetadata")).items() if count is not None
        }
        candidate = _first_candidate(chunk.get("candidates"))
        found: list[LlmEvent] = []
        for part in as_list(as_object(candidate.get("content")).get("parts")):
            found += self._read_part(as_object(part))
        if reason := text_of(candidate, "finishReason"):
            self._reason = reason
        return found

    def _read_part(self, part: dict[str, Any]) -> list[LlmEvent]:
        if isinstance(call := part.get("functionCall"), dict):
            self._read_call(call, text_of(part, "thoughtSignature"))
            return []
        if part.get("thought"):
            return []
        return self.pieces.add_text(text_of(part, "text"))

    def _read_call(self, call: dict[str, Any], signature: str) -> None:
        given = call.get("args")
        arguments = json.dumps(clean_json(given), ensure_ascii=False) if given else "{}"
        self._chars += len(arguments) + len(signature)
        if len(self._calls) >= _MAX_CALLS or self._chars > _MAX_CHARS:
            raise ProviderUnavailable(PROVIDER, "an answer of more tool calls than any needs")
        call_id = text_of(call, "id")
        fields = {name: value for name, value in (("thoughtSignature", signature), ("id", call_id)) if value}
        extra = {EXTRA: fields} if fields else {}
        self._calls.append(RawCall(call_id, as_text(call.get("name")), arguments, extra))
        self.pieces.add_tool_call_part(None)

    def _read_usage(self) -> TokenUsage | None:
        def count(name: str) -> int:
            return as_index(self._usage.get(name)) or 0

        thoughts = count("thoughtsTokenCount")
        usage = TokenUsage(
            input=count("promptTokenCount") + count("toolUsePromptTokenCount"),
            cached_input=count("cachedContentTokenCount"),
            output=count("candidatesTokenCount") + thoughts,
            reasoning=thoughts,
        )
        return usage.plausible() if usage.input or usage.output else None


def _first_candidate(candidates: object) -> dict[str, Any]:
    for candidate in as_list(candidates):
        if isinstance(candidate, dict) and as_index(candidate.get("index")) in {0, None}:
            return candidate
    return {}
