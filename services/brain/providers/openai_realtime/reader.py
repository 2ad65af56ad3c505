"""Reads the messages of OpenAI's Realtime API; whatever they contain, no exception escapes. No I/O.

Unknown types and fields are ignored. Events of a response carry the tag that the request had as metadata.
"""

import base64
import binascii
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from parley.providers.llm import MAX_TOKENS, ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    RealtimeEvent,
    RealtimeUsage,
    ResponseDone,
    SpeechStarted,
    SpeechStopped,
    SpokenTextDelta,
    ToolCallReceived,
    TranscriptCompleted,
    TranscriptDelta,
    TranscriptFailed,
    TurnCommitted,
)
from parley.providers.untrusted import clean_text, finite_number
from services.brain.providers.openai_realtime.requests import TAG
from services.brain.providers.streams.safe_text import safe_message

_MAX_ID_CHARS = 128
_MAX_TEXT_CHARS = 20_000
_MAX_ARGUMENTS_CHARS = 20_000
_MAX_MS = 1e10
_MAX_AUDIO_BYTES = 2 * 1024**2
_MAX_RESPONSES = 8


@dataclass(frozen=True, slots=True)
class SessionUpdated:
    """The session has accepted its settings."""


@dataclass(frozen=True, slots=True)
class ErrorReceived:
    """An `error` event; most concern one request only."""

    code: str
    message: str
    param: str = ""
    event_id: str = ""
    """The id of the request that it refuses; only requests for responses have one."""


Received: TypeAlias = RealtimeEvent | SessionUpdated | ErrorReceived


class MessageReader:
    """Converts the messages of one session."""

    def __init__(self) -> None:
        self._tags: OrderedDict[str, str] = OrderedDict()
        """The tag of each recent response, by its id."""

    def read(self, message: str | bytes) -> Received | None:
        """Return what a message means; None for one that means nothing here."""
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            return None
        if not isinstance(event, Mapping):
            return None
        kind = event.get("type")
        return self._read(kind, event) if isinstance(kind, str) else None

    def _read(self, kind: str, event: Mapping[str, Any]) -> Received | None:
        match kind:
            case "session.updated":
                return SessionUpdated()
            case "error":
                return _error(event.get("error"))
            case "input_audio_buffer.speech_started":
                return SpeechStarted(_ms(event, "audio_start_ms"))
            case "input_audio_buffer.speech_stopped":
                return SpeechStopped(_ms(event, "audio_end_ms"))
            case "input_audio_buffer.committed":
                return TurnCommitted(_id(event, "item_id"))
            case _ if kind.startswith("conversation.item.input_audio_transcription."):
                return _transcript(kind.rpartition(".")[2], event)
            case _ if kind.startswith("response."):
                return self._read_response(kind, event)
            case _:
                return None

    def _read_response(self, kind: str, event: Mapping[str, Any]) -> Received | None:
        if kind == "response.created":
            self._created(_mapping(event.get("response")))
            return None
        if kind == "response.done":
            return self._done(_mapping(event.get("response")))
        tag = self._tags.get(_id(event, "response_id"), "")
        match kind:
            case "response.output_audio.delta":
                audio = _audio(event.get("delta"))
                return AudioDelta(tag, _id(event, "item_id"), audio) if audio else None
            case "response.output_audio_transcript.delta":
                return SpokenTextDelta(tag, _id(event, "item_id"), _text(event, "delta"))
            case "response.output_item.done":
                return _tool_call(tag, _mapping(event.get("item")))
            case _:
                return None

    def _created(self, response: Mapping[str, Any]) -> None:
        self._tags[_id(response, "id")] = _id(_mapping(response.get("metadata")), TAG)
        while len(self._tags) > _MAX_RESPONSES:
            self._tags.popitem(last=False)

    def _done(self, response: Mapping[str, Any]) -> ResponseDone:
        tag = self._tags.pop(_id(response, "id"), "") or _id(_mapping(response.get("metadata")), TAG)
        details = _mapping(response.get("status_details"))
        error = _mapping(details.get("error"))
        code = _id(error, "code") or _id(error, "type")
        message = safe_message(_text(error, "message"), ())
        reason = ": ".join(part for part in (_id(details, "reason") or code, message) if part)
        return ResponseDone(
            tag,
            _id(response, "status") or "failed",
            reason,
            retryable="quota" not in code,
            usage=_usage(_mapping(response.get("usage"))),
        )


def _error(error: object) -> ErrorReceived:
    fields = _mapping(error)
    return ErrorReceived(
        _id(fields, "code") or _id(fields, "type"),
        _text(fields, "message"),
        _id(fields, "param"),
        _id(fields, "event_id"),
    )


def _transcript(kind: str, event: Mapping[str, Any]) -> RealtimeEvent | None:
    item_id = _id(event, "item_id")
    match kind:
        case "delta":
            return TranscriptDelta(item_id, _text(event, "delta"))
        case "completed":
            return TranscriptCompleted(item_id, _text(event, "transcript").strip())
        case "failed":
            error = _error(event.get("error"))
            return TranscriptFailed(item_id, f"{error.code}: {safe_message(error.message, ())}")
        case _:
            return None


def _tool_call(tag: str, item: Mapping[str, Any]) -> ToolCallReceived | None:
    if item.get("type") != "function_call" or item.get("status", "completed") != "completed":
        return None
    call_id, arguments = _id(item, "call_id"), item.get("arguments")
    call = ToolCallRequest(
        call_id,
        _id(item, "name"),
        clean_text(arguments, _MAX_ARGUMENTS_CHARS) if isinstance(arguments, str) else "",
        {"call_id": call_id},
    )
    return ToolCallReceived(tag, call)


def _usage(usage: Mapping[str, Any]) -> RealtimeUsage:
    inputs = _mapping(usage.get("input_token_details"))
    outputs = _mapping(usage.get("output_token_details"))
    cached = _mapping(inputs.get("cached_tokens_details"))
    whole_input, output = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    cached_input = min(_count(inputs, "cached_tokens"), whole_input)
    return RealtimeUsage(
        input=whole_input,
        input_audio=min(_count(inputs, "audio_tokens"), whole_input),
        cached_input=cached_input,
        cached_input_audio=min(_count(cached, "audio_tokens"), cached_input),
        output=output,
        output_audio=min(_count(outputs, "audio_tokens"), output),
    )


def _audio(delta: object) -> bytes:
    if not isinstance(delta, str) or len(delta) > _MAX_AUDIO_BYTES:
        return b""
    try:
        return base64.b64decode(delta, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _id(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return clean_text(value, _MAX_ID_CHARS) if isinstance(value, str) else ""


def _text(fields: Mapping[str, Any], key: str) -> str:
    value = fields.get(key)
    return clean_text(value, _MAX_TEXT_CHARS) if isinstance(value, str) else ""


def _ms(fields: Mapping[str, Any], key: str) -> int:
    return round(finite_number(fields.get(key), 0, _MAX_MS) or 0)


def _count(fields: Mapping[str, Any], key: str) -> int:
    return round(finite_number(fields.get(key), 0, MAX_TOKENS) or 0)
