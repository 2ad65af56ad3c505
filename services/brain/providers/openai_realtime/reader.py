"""Reads the messages of OpenAI's Realtime API; whatever they contain, no exception escapes. No I/O.

Unknown types and fields are ignored, and so are events that arrive a second time.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from parley.providers.realtime import (
    RealtimeEvent,
    SpeechStarted,
    SpeechStopped,
    TranscriptCompleted,
    TranscriptDelta,
    TranscriptFailed,
    TurnCommitted,
)
from services.brain.providers.openai_realtime import fields
from services.brain.providers.openai_realtime.response_reader import ResponseReader
from services.brain.providers.streams.safe_text import safe_message

_MAX_EVENT_IDS = 256


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
    """The id of the request that it refuses; only requests about responses have one."""


Received: TypeAlias = RealtimeEvent | SessionUpdated | ErrorReceived


class MessageReader:
    """Converts the messages of one session."""

    def __init__(self) -> None:
        self.responses = ResponseReader()
        self._event_ids: OrderedDict[str, None] = OrderedDict()

    def read(self, message: str | bytes) -> Sequence[Received]:
        """Return what a message means; empty for one that means nothing here."""
        try:
            event = json.loads(message)
        except (ValueError, RecursionError):
            return ()
        if not isinstance(event, Mapping) or self._is_repeated(event):
            return ()
        kind = event.get("type")
        return tuple(self._read(kind, event)) if isinstance(kind, str) else ()

    def _is_repeated(self, event: Mapping[str, Any]) -> bool:
        event_id = fields.identifier(event, "event_id")
        if event_id in self._event_ids:
            return True
        if event_id:
            self._event_ids[event_id] = None
            if len(self._event_ids) > _MAX_EVENT_IDS:
                self._event_ids.popitem(last=False)
        return False

    def _read(self, kind: str, event: Mapping[str, Any]) -> Iterator[Received]:
        item_id = fields.identifier(event, "item_id")
        match kind:
            case "session.updated":
                yield SessionUpdated()
            case "error":
                yield _error(event.get("error"))
            case "input_audio_buffer.speech_started":
                yield SpeechStarted(fields.milliseconds(event, "audio_start_ms"), item_id)
            case "input_audio_buffer.speech_stopped":
                yield SpeechStopped(fields.milliseconds(event, "audio_end_ms"), item_id)
            case "input_audio_buffer.committed":
                yield TurnCommitted(item_id)
            case "conversation.item.added" | "conversation.item.done":
                if turn := _spoken_turn(fields.mapping(event.get("item"))):
                    yield TurnCommitted(turn)
            case _ if kind.startswith("conversation.item.input_audio_transcription."):
                yield from _transcript(kind.rpartition(".")[2], item_id, event)
            case _ if kind.startswith("response."):
                yield from self.responses.read(kind, event)
            case _:
                pass


def _error(error: object) -> ErrorReceived:
    found = fields.mapping(error)
    return ErrorReceived(
        fields.identifier(found, "code") or fields.identifier(found, "type"),
        fields.text(found, "message"),
        fields.identifier(found, "param"),
        fields.identifier(found, "event_id"),
    )


def _spoken_turn(item: Mapping[str, Any]) -> str:
    """Return the id of an item that is speech of the caller; empty for any other."""
    content = [fields.mapping(part).get("type") for part in fields.items(item.get("content"))]
    return fields.identifier(item, "id") if item.get("role") == "user" and "input_audio" in content else ""


def _transcript(kind: str, item_id: str, event: Mapping[str, Any]) -> Iterator[RealtimeEvent]:
    match kind:
        case "delta":
            yield TranscriptDelta(item_id, fields.text(event, "delta"))
        case "completed" if not isinstance(event.get("transcript"), str):
            yield TranscriptFailed(item_id, "a transcript without a text")
        case "completed":
            yield TranscriptCompleted(item_id, fields.text(event, "transcript").strip())
        case "failed":
            error = _error(event.get("error"))
            yield TranscriptFailed(item_id, f"{error.code}: {safe_message(error.message, ())}")
        case _:
            pass
