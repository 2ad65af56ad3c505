"""Sends the output items of one response, in the order of the Realtime API. No clock."""

import uuid
from typing import Any

from sandbox.openai.realtime.conversation import Conversation, Item
from sandbox.openai.realtime.events import event, item_events, new_id
from sandbox.openai.realtime.outgoing import Outgoing
from sandbox.openai.reply import Call
from sandbox.speech import Word


class ItemStream:
    """The output items of a response; each is also an item of the conversation, unless it is outside."""

    def __init__(self, response_id: str, conversation: Conversation | None, outgoing: Outgoing) -> None:
        self.items: list[Item] = []
        self._response_id = response_id
        self._conversation = conversation
        self._outgoing = outgoing

    @property
    def open_item(self) -> Item | None:
        """The item that is in progress."""
        return self.items[-1] if self.items and self.items[-1].data["status"] == "in_progress" else None

    async def open_message(self, *, speaks: bool) -> Item:
        """Begin a message of the model."""
        item = Item({**_new_item("message"), "role": "assistant", "content": []}, speaks=speaks)
        await self._open(item)
        part = {"type": "audio", "transcript": ""} if speaks else {"type": "text", "text": ""}
        await self._send(item, "response.content_part.added", content_index=0, part=part)
        return item

    async def open_call(self, call: Call) -> Item:
        """Begin a function call."""
        item = Item({**_new_item("function_call"), "name": call.name, "call_id": call.id, "arguments": ""})
        await self._open(item)
        return item

    async def send_word(self, item: Item, word: Word) -> None:
        """Send a word of the transcript."""
        delta = f" {word.text}" if item.words else word.text
        item.words = (*item.words, word)
        item.text += delta
        await self._send_delta(item, "response.output_audio_transcript.delta", delta)

    async def send_audio(self, item: Item, audio: str, end_ms: float) -> None:
        """Send a piece of the audio (base64) that ends at this position."""
        item.audio_ms = end_ms
        await self._send(item, "response.output_audio.delta", content_index=0, delta=audio)

    async def send_late_audio(self, item: Item, audio: str) -> None:
        """Send audio of an item that has ended."""
        await self._send(item, "response.output_audio.delta", content_index=0, delta=audio)

    async def send_text(self, item: Item, delta: str) -> None:
        """Send a piece of a written answer."""
        item.text += delta
        await self._send_delta(item, "response.output_text.delta", delta)

    async def send_arguments(self, item: Item, delta: str) -> None:
        """Send a piece of a call's arguments."""
        item.data["arguments"] += delta
        await self._send(
            item,
            "response.function_call_arguments.delta",
            call_id=item.data["call_id"],
            delta=delta,
            obfuscation=_padding(),
        )

    async def close(self, item: Item, status: str) -> None:
        """End an item: `completed` or `incomplete`."""
        if item.data["type"] == "message":
            await self._close_message(item)
        else:
            data = item.data
            shown = {name: data[name] for name in ("call_id", "name", "arguments")}
            await self._send(item, "response.function_call_arguments.done", **shown)
        item.data["status"] = status
        mirrored = []
        if self._conversation is not None:
            previous = self._conversation.previous_id(item.id)
            mirrored = item_events(("done",), item.data, previous)
        await self._outgoing.send(*mirrored, self._output_item("done", item))

    async def _close_message(self, item: Item) -> None:
        if item.speaks:
            await self._send(item, "response.output_audio.done", content_index=0)
            transcript = {"transcript": item.text}
            await self._send(item, "response.output_audio_transcript.done", content_index=0, **transcript)
            part, content = {"type": "audio", **transcript}, {"type": "output_audio", **transcript}
        else:
            await self._send(item, "response.output_text.done", content_index=0, text=item.text)
            part = {"type": "text", "text": item.text}
            content = {"type": "output_text", "text": item.text}
        await self._send(item, "response.content_part.done", content_index=0, part=part)
        item.data["content"] = [content]

    async def _open(self, item: Item) -> None:
        self.items.append(item)
        mirrored = []
        if self._conversation is not None:
            mirrored = item_events(("added",), item.data, self._conversation.add(item))
        await self._outgoing.send(self._output_item("added", item), *mirrored)

    def _output_item(self, what: str, item: Item) -> dict[str, Any]:
        place = {"response_id": self._response_id, "output_index": self.items.index(item)}
        return event(f"response.output_item.{what}", **place, item=dict(item.data))

    async def _send_delta(self, item: Item, kind: str, delta: str) -> None:
        await self._send(item, kind, content_index=0, delta=delta, obfuscation=_padding())

    async def _send(self, item: Item, kind: str, **fields: Any) -> None:
        place = {
            "response_id": self._response_id,
            "item_id": item.id,
            "output_index": self.items.index(item),
        }
        await self._outgoing.send(event(kind, **place, **fields))


def _new_item(kind: str) -> dict[str, Any]:
    return {"id": new_id("item"), "object": "realtime.item", "type": kind, "status": "in_progress"}


def _padding() -> str:
    """A random text with which the service hides the length of a delta."""
    return uuid.uuid4().hex[: 8 + uuid.uuid4().int % 8]
