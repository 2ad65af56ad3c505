"""Reads the events of responses, which carry the tag of their request as metadata. No I/O.

What one event of a response should have contained is taken from another if it is missing: the id from the
request, the words from the complete item, and tool calls from the end of the response.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from parley.providers.llm import ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    ItemProgressed,
    RealtimeEvent,
    RealtimeUsage,
    ResponseDone,
    SpokenText,
    SpokenTextDelta,
    ToolCallReceived,
)
from services.brain.providers.openai_realtime import fields
from services.brain.providers.openai_realtime.errors import response_error
from services.brain.providers.openai_realtime.requests import TAG

_MAX_RESPONSES = 16
_MAX_OPEN_CALLS = 64
_PREFIX = "response."


class ResponseReader:
    """Converts the events of one session's responses."""

    def __init__(self) -> None:
        self._tags: OrderedDict[str, str] = OrderedDict()
        """The tag of each recent response by its id; empty once it has ended."""
        self._requested: OrderedDict[str, None] = OrderedDict()
        """Tags of requests for which the provider has created no response yet."""
        self._calls: OrderedDict[str, ToolCallRequest] = OrderedDict()
        """Names and ids of tool calls in progress, by their items."""

    def requested(self, tag: str) -> None:
        """Note a request for a response."""
        self._requested[tag] = None
        _limit(self._requested, _MAX_RESPONSES)

    def refused(self, tag: str) -> None:
        """Note that a request was refused."""
        self._requested.pop(tag, None)

    def response_id(self, tag: str) -> str:
        """Return the id of a response in progress; empty without one."""
        return next((each for each, found in self._tags.items() if found == tag), "")

    def read(self, kind: str, event: Mapping[str, Any]) -> Iterator[RealtimeEvent]:
        """Yield what an event means."""
        response = fields.mapping(event.get("response"))
        match kind.removeprefix(_PREFIX):
            case "created":
                self._created(response)
            case "done":
                yield from self._done(response)
            case part:
                yield from self._read_part(part, self._tag(fields.identifier(event, "response_id")), event)

    def _read_part(self, part: str, tag: str, event: Mapping[str, Any]) -> Iterator[RealtimeEvent]:
        item_id = fields.identifier(event, "item_id")
        item = fields.mapping(event.get("item"))
        match part:
            case "output_audio.delta":
                if audio := fields.audio(event.get("delta")):
                    yield AudioDelta(tag, item_id, audio)
            case "output_audio_transcript.delta":
                yield SpokenTextDelta(tag, item_id, fields.text(event, "delta"))
            case "output_audio_transcript.done":
                yield SpokenText(tag, item_id, fields.text(event, "transcript"))
            case "output_item.added":
                self._note_call(item)
                yield ItemProgressed(tag, fields.identifier(item, "id"))
            case "output_item.done":
                yield from _whole_item(tag, item)
                yield ItemProgressed(tag, fields.identifier(item, "id"), complete=True)
            case "function_call_arguments.done":
                yield ItemProgressed(tag, item_id, complete=True, call=self._open_call(item_id, event))
            case "content_part.done" | "output_audio.done":
                yield ItemProgressed(tag, item_id, complete=True)
            case "content_part.added" | "function_call_arguments.delta":
                yield ItemProgressed(tag, item_id)
            case _:
                pass

    def _tag(self, response_id: str) -> str:
        """Return the tag of a response; empty for one that has ended or is unknown."""
        if response_id and response_id not in self._tags and len(self._requested) == 1:
            # Its `response.created` is missing: it can only be the one that was requested.
            self._assign(response_id, next(iter(self._requested)))
        return self._tags.get(response_id, "")

    def _assign(self, response_id: str, tag: str) -> None:
        self._tags[response_id] = tag
        self._requested.pop(tag, None)
        _limit(self._tags, _MAX_RESPONSES)

    def _created(self, response: Mapping[str, Any]) -> None:
        response_id = fields.identifier(response, "id")
        if response_id in self._tags:
            return
        tag = fields.identifier(fields.mapping(response.get("metadata")), TAG)
        self._assign(response_id, tag or next(iter(self._requested), ""))

    def _done(self, response: Mapping[str, Any]) -> Iterator[RealtimeEvent]:
        response_id = fields.identifier(response, "id")
        if response_id and not self._tags.get(response_id, "-"):
            return
        tag = fields.identifier(fields.mapping(response.get("metadata")), TAG) or self._tag(response_id)
        if response_id:
            self._assign(response_id, tag)
            self._tags[response_id] = ""
        done = _end_of(tag, response)
        if done.status == "completed":
            for item in fields.items(response.get("output")):
                yield from _whole_item(tag, fields.mapping(item))
        yield done

    def _note_call(self, item: Mapping[str, Any]) -> None:
        if item.get("type") == "function_call":
            self._calls[fields.identifier(item, "id")] = _call(item)
            _limit(self._calls, _MAX_OPEN_CALLS)

    def _open_call(self, item_id: str, event: Mapping[str, Any]) -> ToolCallRequest | None:
        """Return the call whose arguments are complete; None without a name."""
        begun = self._calls.pop(item_id, None)
        name = fields.identifier(event, "name") or (begun.name if begun is not None else "")
        call_id = fields.identifier(event, "call_id") or (begun.tool_call_id if begun is not None else "")
        return _call({**event, "name": name, "call_id": call_id}) if name and call_id else None


def _limit(entries: OrderedDict[str, Any], count: int) -> None:
    while len(entries) > count:
        entries.popitem(last=False)


def _whole_item(tag: str, item: Mapping[str, Any]) -> Iterator[RealtimeEvent]:
    """Yield the words or the call of an item that is complete."""
    if item.get("status", "completed") != "completed":
        return
    if item.get("type") == "function_call":
        yield ToolCallReceived(tag, _call(item))
    elif item.get("type") == "message":
        parts = (fields.mapping(part) for part in fields.items(item.get("content")))
        if words := "".join(fields.text(part, "transcript") for part in parts):
            yield SpokenText(tag, fields.identifier(item, "id"), words)


def _call(item: Mapping[str, Any]) -> ToolCallRequest:
    call_id = fields.identifier(item, "call_id")
    arguments = fields.text(item, "arguments")
    return ToolCallRequest(call_id, fields.identifier(item, "name"), arguments, {"call_id": call_id})


def _end_of(tag: str, response: Mapping[str, Any]) -> ResponseDone:
    details = fields.mapping(response.get("status_details"))
    error = fields.mapping(details.get("error"))
    code = fields.identifier(error, "code") or fields.identifier(error, "type")
    # A response that has ended, without saying how, has ended with what it has.
    status = fields.identifier(response, "status") or ("failed" if error else "completed")
    failed = status not in ("completed", "incomplete", "cancelled")
    reason = fields.identifier(details, "reason") or code
    return ResponseDone(
        tag,
        status,
        reason,
        error=response_error(code, fields.text(error, "message")) if failed else None,
        usage=_usage(fields.mapping(response.get("usage"))),
    )


def _usage(usage: Mapping[str, Any]) -> RealtimeUsage:
    inputs = fields.mapping(usage.get("input_token_details"))
    outputs = fields.mapping(usage.get("output_token_details"))
    cached = fields.mapping(inputs.get("cached_tokens_details"))
    whole_input, output = fields.tokens(usage, "input_tokens"), fields.tokens(usage, "output_tokens")
    cached_input = min(fields.tokens(inputs, "cached_tokens"), whole_input)
    return RealtimeUsage(
        input=whole_input,
        input_audio=min(fields.tokens(inputs, "audio_tokens"), whole_input),
        cached_input=cached_input,
        cached_input_audio=min(fields.tokens(cached, "audio_tokens"), cached_input),
        output=output,
        output_audio=min(fields.tokens(outputs, "audio_tokens"), output),
    )
