"""One session: handles the client's events, and the turns that it detects in the caller's audio."""

import copy
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.audio import InputDecoder, from_base64
from sandbox.openai.realtime.conversation import Conversation, Item, not_found
from sandbox.openai.realtime.events import error_event, event, item_events
from sandbox.openai.realtime.input_buffer import InputBuffer
from sandbox.openai.realtime.listener import Transcription
from sandbox.openai.realtime.new_item import new_item
from sandbox.openai.realtime.responder import Responder, SessionParts
from sandbox.openai.realtime.socket_fault import SocketFault
from sandbox.openai.realtime.turns import Turns
from sandbox.recognition.faults import SocketFaults

_Handler = Callable[[Mapping[str, Any]], Awaitable[ApiError | None]]


class RealtimeSession:
    """A session whose client has been accepted."""

    def __init__(self, parts: SessionParts, faults: SocketFaults) -> None:
        self._parts = parts
        self._fault = SocketFault(faults, parts.config, parts.outgoing)
        self._buffer = InputBuffer()
        self._decoder = InputDecoder(parts.config.input["format"])
        self._responder = Responder(parts)
        self._turns = Turns(parts, self._buffer, self._responder)
        self._handlers: Mapping[str, _Handler] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.truncate": self._truncate_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.retrieve": self._retrieve_item,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    @property
    def _conversation(self) -> Conversation:
        return self._parts.conversation

    async def open(self) -> None:
        """Send the session's configuration."""
        await self._send("session.created", session=self._parts.config.data)

    async def handle(self, client_event: Mapping[str, Any], error: ApiError | None) -> None:
        """Handle an event of the client, or report why it is refused."""
        if error is None:
            error = await self._handlers[client_event["type"]](client_event)
        if error is not None:
            event_id = client_event.get("event_id")
            shown = event_id if isinstance(event_id, str) else None
            self._parts.exchanges.journal.note(
                "realtime_error", call_sid=self._parts.call_sid, code=error.code, message=error.message
            )
            await self._parts.outgoing.send(error_event(error, shown))

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._parts.outgoing.send(event(kind, **fields))

    async def _update(self, given: Mapping[str, Any]) -> ApiError | None:
        config, changes = self._parts.config, given["session"]
        errors = config.update_errors(changes, self._today(), audio_present=self._responder.spoke)
        if error := next(errors, None):
            return error
        before = config.input
        config.update(changes)
        if config.input["format"] != before["format"]:
            self._decoder = InputDecoder(config.input["format"])
        if config.input["turn_detection"] != before["turn_detection"]:
            self._turns.reset()
        self._parts.exchanges.journal.note(
            "session_updated", call_sid=self._parts.call_sid, session=copy.deepcopy(config.data)
        )
        await self._send("session.updated", session=config.data)
        return None

    def _today(self) -> date:
        return self._parts.exchanges.settings.llm_date or datetime.now(UTC).date()

    async def _append(self, given: Mapping[str, Any]) -> ApiError | None:
        audio = from_base64(given["audio"])
        if audio is None:
            text = "Invalid 'audio'. Expected base64-encoded audio bytes."
            return ApiError(text, "audio", "invalid_value")
        mulaw = self._decoder.decode(audio)
        await self._fault.on_audio(len(mulaw), self._parts.exchanges.settings)
        await self._turns.on_audio(mulaw)
        return None

    async def _commit(self, _given: Mapping[str, Any]) -> ApiError | None:
        if error := self._buffer.commit_error():
            return error
        await self._turns.commit()
        return None

    async def _clear(self, _given: Mapping[str, Any]) -> ApiError | None:
        self._buffer.clear()
        self._turns.reset()
        self._parts.listener.live.clear()
        await self._send("input_audio_buffer.cleared")
        return None

    async def _create_item(self, given: Mapping[str, Any]) -> ApiError | None:
        item, error = new_item(given["item"], self._conversation, self._parts.config.input["format"])
        after = given.get("previous_item_id")
        if error is not None:
            return error
        if after not in (None, "root") and self._conversation.find(after) is None:
            return not_found(after, "create")
        if item.audio:
            self._parts.listener.listen(item.item, item.audio, Transcription())
        previous = self._conversation.add(item.item, after)
        await self._parts.outgoing.send(*item_events(("added", "done"), item.item.data, previous))
        return None

    async def _truncate_item(self, given: Mapping[str, Any]) -> ApiError | None:
        place = {name: given[name] for name in ("item_id", "content_index", "audio_end_ms")}
        if error := self._conversation.truncate_error(**place):
            return error
        item = self._conversation.truncate(given["item_id"], given["audio_end_ms"])
        self._parts.exchanges.journal.note(
            "truncated", call_sid=self._parts.call_sid, audio_end_ms=given["audio_end_ms"], text=item.text
        )
        await self._send("conversation.item.truncated", **place)
        return None

    async def _delete_item(self, given: Mapping[str, Any]) -> ApiError | None:
        item_id = given["item_id"]
        if self._conversation.find(item_id) is None:
            return not_found(item_id, "delete")
        self._conversation.delete(item_id)
        self._parts.exchanges.journal.note("deleted", call_sid=self._parts.call_sid, item_id=item_id)
        await self._send("conversation.item.deleted", item_id=item_id)
        return None

    async def _retrieve_item(self, given: Mapping[str, Any]) -> ApiError | None:
        item: Item | None = self._conversation.find(given["item_id"])
        if item is None:
            return not_found(given["item_id"], "retrieve")
        await self._send("conversation.item.retrieved", item=item.data)
        return None

    async def _create_response(self, given: Mapping[str, Any]) -> ApiError | None:
        if self._parts.config.transcribes:
            return ApiError("Cannot create a response in a transcription session.", None, "invalid_event")
        return await self._responder.create(given.get("response"))

    async def _cancel_response(self, given: Mapping[str, Any]) -> ApiError | None:
        if await self._responder.cancel("client_cancelled", given.get("response_id")):
            return None
        text = "Cancellation failed: no active response found"
        return ApiError(text, None, "response_cancel_not_active")
