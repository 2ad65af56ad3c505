"""The conversation of a session: its items in order, as the model sees them. No I/O, no clock."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.events import new_id
from sandbox.speech import Word

_MAX_ITEMS = 2000
"""A session of an hour has fewer; the oldest ones are dropped beyond."""


@dataclass(slots=True, eq=False)
class Item:
    """An item of the conversation."""

    data: dict[str, Any]
    """The item in events, without audio."""
    text: str = ""
    """The words as the model sees them: of its own audio, those before the truncation."""
    audio_ms: float = 0.0
    """Length of its audio, as far as it was sent."""
    speaks: bool = False
    """Whether it is audio of the model."""
    words: tuple[Word, ...] = ()
    """The words of the model's audio."""
    sent_audio: bytearray = field(default_factory=bytearray)
    """The caller's audio in the session's format, for `retrieve`."""

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.data["id"])


class Conversation:
    """The items of a session, in their order."""

    def __init__(self) -> None:
        self.id = new_id("conv")
        self._items: list[Item] = []
        self._by_id: dict[str, Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def find(self, item_id: str) -> Item | None:
        """The item with an id."""
        return self._by_id.get(item_id)

    def last_id(self) -> str | None:
        """The id of the last item."""
        return self._items[-1].id if self._items else None

    def previous_id(self, item_id: str) -> str | None:
        """The id of the item before another; None for the first item and for a deleted one."""
        item = self._by_id.get(item_id)
        position = self._items.index(item) if item is not None else 0
        return self._items[position - 1].id if position else None

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert an item after another, first (`root`) or last (None); returns the previous item's id."""
        position = len(self._items)
        if after == "root":
            position = 0
        elif after is not None:
            position = self._items.index(self._by_id[after]) + 1
        self._items.insert(position, item)
        self._by_id[item.id] = item
        previous = self._items[position - 1].id if position else None
        if len(self._items) > _MAX_ITEMS:
            self.delete(self._items[0].id)
        return previous

    def delete(self, item_id: str) -> None:
        """Remove an item."""
        self._items.remove(self._by_id.pop(item_id))

    def truncate_error(self, item_id: str, content_index: int, audio_end_ms: int) -> ApiError | None:
        """Why the audio of an item cannot be cut there."""
        item = self.find(item_id)
        if item is None:
            return not_found(item_id, "truncate")
        if not item.speaks:
            return ApiError("Only model output audio messages can be truncated")
        if content_index != 0:
            return ApiError(f"Invalid value: '{content_index}'.", "content_index", "invalid_value")
        if audio_end_ms > item.audio_ms:
            text = f"Audio content of {item.audio_ms:.0f}ms is already shorter than {audio_end_ms}ms"
            return ApiError(text, None, "invalid_value")
        return None

    def truncate(self, item_id: str, audio_end_ms: float) -> Item:
        """Cut the audio of an item; the model forgets the words that end later."""
        item = self._by_id[item_id]
        item.audio_ms = audio_end_ms
        item.words = tuple(word for word in item.words if word.start_ms < audio_end_ms)
        item.text = " ".join(word.text for word in item.words if word.end_ms <= audio_end_ms)
        # The service deletes the transcript, because it does not know where in the audio a word is.
        item.data["content"] = [{"type": "output_audio", "transcript": None}]
        return item


def not_found(item_id: str, action: str) -> ApiError:
    """The error for an unknown item."""
    return ApiError(f"Item with item_id not found: {item_id}", None, f"item_{action}_invalid_item_id")


def chat_messages(items: Sequence[Item]) -> list[dict[str, Any]]:
    """The conversation as chat messages, in which scenarios look for their rules."""
    messages: list[dict[str, Any]] = []
    for item in items:
        data = item.data
        if data["type"] == "message":
            messages.append({"role": data["role"], "content": item.text})
        if data["type"] == "function_call":
            call = {
                "id": data["call_id"],
                "type": "function",
                "function": {"name": data["name"], "arguments": data["arguments"]},
            }
            if not messages or "tool_calls" not in messages[-1]:
                messages.append({"role": "assistant", "content": None, "tool_calls": []})
            messages[-1]["tool_calls"].append(call)
        if data["type"] == "function_call_output":
            messages.append({"role": "tool", "tool_call_id": data["call_id"], "content": data["output"]})
    return messages


def text_of(data: Mapping[str, Any]) -> str:
    """The written text of a message item."""
    parts = data.get("content") or ()
    return " ".join(str(part.get("text") or part.get("transcript") or "") for part in parts).strip()
