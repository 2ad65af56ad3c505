"""An item that a client adds to the conversation, and why the service refuses it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from parley.audio.g711 import bytes_to_ms
from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.audio import InputDecoder, from_base64
from sandbox.openai.realtime.conversation import Conversation, Item, text_of
from sandbox.openai.realtime.events import new_id
from sandbox.openai.realtime.input_buffer import Committed


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item, and the caller's audio in it."""

    item: Item
    audio: Committed | None = None


def new_item(
    given: Mapping[str, Any], conversation: Conversation, audio_format: Mapping[str, Any]
) -> tuple[NewItem, ApiError | None]:
    """The item, and why it is refused; the types of its fields are valid."""
    data = {"id": new_id("item"), "object": "realtime.item", **given, "status": "completed"}
    item = Item(data)
    if conversation.find(data["id"]) is not None:
        text = f"Error adding item: an item with the ID '{data['id']}' already exists."
        return NewItem(item), ApiError(text, "item.id", "item_create_duplicate_item_id")
    if data["type"] == "function_call":
        data.setdefault("call_id", new_id("call"))
    if data["type"] == "function_call_output" and not _has_call(conversation, data["call_id"]):
        text = f"Tool call ID '{data['call_id']}' not found in conversation."
        return NewItem(item), ApiError(text, None, "invalid_tool_call_id")
    if data["type"] != "message":
        return NewItem(item), None
    mulaw = b""
    for number, part in enumerate(data["content"]):
        if part["type"] == "input_audio":
            audio = from_base64(part["audio"])
            if audio is None:
                where = f"item.content[{number}].audio"
                text = f"Invalid '{where}'. Expected base64-encoded audio bytes."
                return NewItem(item), ApiError(text, where, "invalid_value")
            mulaw += InputDecoder(audio_format).decode(audio)
    data["content"] = [{k: v for k, v in part.items() if k != "audio"} for part in data["content"]]
    item.text = text_of(data)
    if not mulaw:
        return NewItem(item), None
    item.audio_ms = bytes_to_ms(len(mulaw))
    return NewItem(item, Committed(mulaw, item.audio_ms)), None


def _has_call(conversation: Conversation, call_id: str) -> bool:
    return any(
        item.data["type"] == "function_call" and item.data.get("call_id") == call_id for item in conversation
    )
