"""Creates and cancels the responses of one session."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.openai.errors import ApiError, of_status
from sandbox.openai.exchange import Exchanges
from sandbox.openai.models import scenario_of
from sandbox.openai.realtime.answers import answer, reply
from sandbox.openai.realtime.conversation import Conversation, Item, chat_messages, not_found, text_of
from sandbox.openai.realtime.events import event
from sandbox.openai.realtime.listener import Listener
from sandbox.openai.realtime.outgoing import Outgoing
from sandbox.openai.realtime.response_config import ResponseConfig, response_config
from sandbox.openai.realtime.response_stream import Plan, ResponseFailed, ResponseStream
from sandbox.openai.realtime.session_config import SessionConfig, cannot_update_voice
from sandbox.openai.realtime.usage import usage
from sandbox.openai.scenario import ScenarioError, read_scenario


@dataclass(frozen=True, slots=True)
class SessionParts:
    """The dependencies that the parts of one session share."""

    exchanges: Exchanges
    config: SessionConfig
    conversation: Conversation
    listener: Listener
    outgoing: Outgoing
    tasks: asyncio.TaskGroup
    call_sid: str
    """The call that the client has named; empty for none."""


class Responder:
    """The responses of one session; at most one of them writes to the conversation at a time."""

    def __init__(self, parts: SessionParts) -> None:
        self._parts = parts
        self._latest: ResponseStream | None = None
        """The last response that wrote to the conversation."""
        self._outside: dict[str, ResponseStream] = {}
        """Responses outside the conversation that are in progress."""
        self._last_input_tokens = 0

    @property
    def active(self) -> ResponseStream | None:
        """The response in progress that writes to the conversation."""
        return None if self._latest is None or self._latest.ended.is_set() else self._latest

    @property
    def spoke(self) -> bool:
        """Whether the conversation has audio of the model, which fixes its voice."""
        return any(item.speaks and item.audio_ms for item in self._parts.conversation)

    async def create(self, params: Mapping[str, Any] | None = None) -> ApiError | None:
        """Start a response; returns why it is refused."""
        parts = self._parts
        config = response_config(parts.config, parts.conversation.id, params)
        inside = config.conversation_id is not None
        if inside and self.active is not None:
            text = (
                f"Conversation already has an active response in progress: {self.active.id}. Wait until "
                "the response is finished before creating a new one."
            )
            return ApiError(text, None, "conversation_already_has_active_response")
        if inside and self.spoke and config.voice != parts.config.output["voice"]:
            return cannot_update_voice()
        context, error = self._context(config)
        if error is not None:
            return error
        await parts.outgoing.send(event("response.created", response=config.shown("in_progress")))
        stream = ResponseStream(
            config,
            parts.conversation,
            parts.outgoing,
            parts.exchanges.settings,
            lambda output: self._usage(config, context, output),
        )
        parts.exchanges.journal.note("request", call_sid=parts.call_sid, id=config.id, realtime=True)
        parts.tasks.create_task(self._run(stream, context))
        if inside:
            self._latest = stream
        else:
            self._outside[config.id] = stream
        return None

    async def cancel(self, reason: str, response_id: str | None = None) -> bool:
        """End a response, by default the active one, and wait for its end; False if it is not in progress."""
        if response_id in self._outside:
            self._outside[str(response_id)].cancel(reason)
            return True
        stream = self.active
        if stream is None or response_id not in (None, stream.id):
            return False
        stream.cancel(reason)
        await stream.ended.wait()
        return True

    def _context(self, config: ResponseConfig) -> tuple[Sequence[Item], ApiError | None]:
        """The items that the model sees, in place of the conversation if the response has its own."""
        conversation = self._parts.conversation
        if config.input is None:
            return tuple(conversation), None
        items: list[Item] = []
        for data in config.input:
            if data["type"] != "item_reference":
                items.append(Item(dict(data), text_of(data)))
            elif (found := conversation.find(data["id"])) is not None:
                items.append(found)
            else:
                return (), not_found(data["id"], "reference")
        return items, None

    async def _run(self, stream: ResponseStream, context: Sequence[Item]) -> None:
        parts = self._parts

        async def make_plan() -> Plan:
            await parts.listener.settled()
            return self._plan(stream.config, context)

        try:
            await stream.run(make_plan)
        finally:
            stream.ended.set()
            self._outside.pop(stream.id, None)
            note = {"call_sid": parts.call_sid, "id": stream.id, "realtime": True}
            if stream.first_audio_at_us:
                parts.exchanges.journal.note("first_token", at_us=stream.first_audio_at_us, **note)
            kind = "cancelled" if stream.status == "cancelled" else "done"
            parts.exchanges.journal.note(kind, status=stream.status, text=stream.text, **note)

    def _plan(self, config: ResponseConfig, context: Sequence[Item]) -> Plan:
        exchanges, settings = self._parts.exchanges, self._parts.exchanges.settings
        model = str(self._parts.config.data["model"])
        name = scenario_of(model) or exchanges.scenario_of_call(self._parts.call_sid)
        try:
            scripted = answer(read_scenario(name), chat_messages(context), config)
        except ScenarioError as error:
            raise ResponseFailed(of_status(500, str(error))) from None
        faults = exchanges.choose_realtime_faults(model, scripted.fault)
        wait_ms = settings.realtime_first_audio_ms if scripted.wait_ms is None else scripted.wait_ms
        return Plan(reply(scripted, config, faults), wait_ms, settings.llm_silence_s, faults)

    def _usage(
        self, config: ResponseConfig, context: Sequence[Item], output: Sequence[Item]
    ) -> dict[str, Any]:
        instructions = config.instructions or str(self._parts.config.data["instructions"])
        found = usage(instructions, context, output, self._last_input_tokens)
        self._last_input_tokens = found["input_tokens"]
        return found
