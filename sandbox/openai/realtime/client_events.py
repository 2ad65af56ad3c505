"""The events that a client may send, and why the service refuses one. No I/O."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.schema import ListOf, Object, Spec, errors
from sandbox.openai.realtime.session_schema import (
    ASSISTANT_CONTENT,
    ITEM,
    RESPONSE,
    SESSION,
    SYSTEM_CONTENT,
    TEXT,
    USER_CONTENT,
)
from sandbox.openai.validation.fields import Field, choice_error, missing, type_errors

_EVENT_ID = Field("a string", max_length=512)
_POSITION = Field("an integer", low=0)
_CONTENT = {"user": USER_CONTENT, "system": SYSTEM_CONTENT, "assistant": ASSISTANT_CONTENT}


def _event(required: tuple[str, ...] = (), **fields: Spec) -> Object:
    return Object({"type": TEXT, "event_id": _EVENT_ID, **fields}, required)


EVENTS: Mapping[str, Object] = {
    "session.update": _event(("session",), session=SESSION),
    "input_audio_buffer.append": _event(("audio",), audio=TEXT),
    "input_audio_buffer.commit": _event(),
    "input_audio_buffer.clear": _event(),
    "conversation.item.create": _event(("item",), item=ITEM, previous_item_id=TEXT),
    "conversation.item.truncate": _event(
        ("item_id", "content_index", "audio_end_ms"),
        item_id=TEXT,
        content_index=_POSITION,
        audio_end_ms=_POSITION,
    ),
    "conversation.item.delete": _event(("item_id",), item_id=TEXT),
    "conversation.item.retrieve": _event(("item_id",), item_id=TEXT),
    "response.create": _event(response=RESPONSE),
    "response.cancel": _event(response_id=TEXT),
}


def parse(text: str) -> tuple[dict[str, Any], ApiError | None]:
    """The event in a text frame, and why it is refused; an event that is not an object is empty."""
    try:
        event = json.loads(text)
    except ValueError:
        return {}, ApiError("Invalid event: failed to parse JSON value.", None, "invalid_json")
    if not isinstance(event, dict):
        return {}, ApiError("Invalid event: expected a JSON object.", None, "invalid_event")
    return event, next(event_errors(event), None)


def event_errors(event: Mapping[str, Any]) -> Iterator[ApiError]:
    """Errors of the event's own fields, whatever the session's state."""
    kind = event.get("type")
    if kind is None:
        yield missing("type")
    yield from type_errors(kind, "a string", "type")
    if kind not in EVENTS:
        yield choice_error(kind, tuple(EVENTS), "type")
    yield from errors(event, EVENTS[str(kind)], "")
    if kind == "conversation.item.create":
        yield from item_errors(event["item"], "item")
    for number, item in enumerate((event.get("response") or {}).get("input") or ()):
        yield from item_errors(item, f"response.input[{number}]")
    yield from _modality_errors(event)


def item_errors(item: Mapping[str, Any], where: str) -> Iterator[ApiError]:
    """Errors of the parts of a message; they depend on its role."""
    if item["type"] == "message":
        yield from errors(item["content"], ListOf(_CONTENT[item["role"]]), f"{where}.content")


def _modality_errors(event: Mapping[str, Any]) -> Iterator[ApiError]:
    """A response is either text, or audio with its transcript."""
    for name in ("session", "response"):
        modalities = (event.get(name) or {}).get("output_modalities")
        if modalities is not None and len(modalities) != 1:
            text = f"Invalid modalities: {modalities}. Supported combinations are: ['text'] and ['audio']."
            yield ApiError(text, f"{name}.output_modalities", "invalid_value")
