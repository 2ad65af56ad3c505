"""Streams one response: its pace, its faults and its end."""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.realtime.conversation import Conversation, Item
from sandbox.openai.realtime.events import error_event, event, rate_limits
from sandbox.openai.realtime.item_stream import ItemStream
from sandbox.openai.realtime.outgoing import AbortSession, CloseSession, Outgoing
from sandbox.openai.realtime.response_config import ResponseConfig
from sandbox.openai.realtime.speech import Spoken, speak
from sandbox.openai.realtime_faults import FAILURES, UNKNOWN_EVENTS, WITHIN_AUDIO, failed_response
from sandbox.openai.reply import Reply
from sandbox.openai.settings import RealtimeSandboxSettings

_HANG_S = 600.0
_RATE_LIMITS_DELAY_S = 0.04
"""The limits follow the end of a response by about this time."""
_FAULT_CHUNK = 2
"""Faults within the audio occur before the chunk with this index, or before a shorter text's last one."""
_LATE_DELTAS = 3
_DELTA_INTERVAL_S = 0.005


@dataclass(frozen=True, slots=True)
class Plan:
    """The content of a response, and its faults."""

    reply: Reply
    wait_ms: float
    """Time from the response's creation to its first audio."""
    silence_s: float
    """Length of the faults' silences."""
    faults: frozenset[str] = field(default_factory=frozenset)


class ResponseFailed(Exception):
    """The response cannot be generated."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(error.message)
        self.error = error


class _Ended(Exception):
    """The response ends early."""

    def __init__(self, status: str, details: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.details = details


class ResponseStream:
    """One response; `cancel` ends it early."""

    def __init__(
        self,
        config: ResponseConfig,
        conversation: Conversation,
        outgoing: Outgoing,
        settings: RealtimeSandboxSettings,
        usage_of: Callable[[list[Item]], dict[str, Any]],
    ) -> None:
        self.config = config
        self.status = "in_progress"
        self.ended = asyncio.Event()
        """Set when `response.done` is sent."""
        self.first_audio_at_us = 0
        """UTC wall clock, microseconds; 0 before the first audio."""
        inside = conversation if config.conversation_id is not None else None
        self._stream = ItemStream(config.id, inside, outgoing)
        self._outgoing = outgoing
        self._settings = settings
        self._usage_of = usage_of
        self._cancelled = asyncio.Event()
        self._reason = ""
        self._spoken: Spoken | None = None
        self._created_s = time.monotonic()
        self._faults: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The response's id."""
        return self.config.id

    @property
    def text(self) -> str:
        """The text so far."""
        return " ".join(item.text for item in self._stream.items if item.text)

    def cancel(self, reason: str) -> None:
        """End the response: `turn_detected` or `client_cancelled`."""
        self._reason = self._reason or reason
        self._cancelled.set()

    async def run(self, make_plan: Callable[[], Awaitable[Plan]]) -> None:
        """Stream the response, after `response.created`; its plan is made once all turns were recognised."""
        try:
            plan = await _made(make_plan)
            self._faults = plan.faults
            await self._send_items(plan)
            await self._finish(plan)
        except _Ended as ended:
            open_item = self._stream.open_item
            if open_item is not None:
                await self._stream.close(open_item, "incomplete")
            await self._send_done(ended.status, ended.details)
            if ended.status == "cancelled" and "late_deltas" in self._faults:
                await self._send_late_deltas()

    async def _send_items(self, plan: Plan) -> None:
        reply = plan.reply
        await self._pause(self._created_s + plan.wait_ms / 1000 - time.monotonic())
        for fault in sorted(plan.faults & FAILURES):
            raise _failed(failed_response(fault))
        if "slow_audio" in plan.faults:
            await self._pause(plan.silence_s)
        if reply.text and self.config.modality == "audio":
            await self._speak(reply.text, plan)
        elif reply.text:
            await self._write(reply.tokens)
        if "late_call" in plan.faults and reply.calls:
            await self._pause(plan.silence_s)
        for call in reply.calls:
            item = await self._stream.open_call(call)
            half = len(call.arguments) // 2
            for piece in filter(None, (call.arguments[:half], call.arguments[half:])):
                await self._pause(_DELTA_INTERVAL_S)
                await self._stream.send_arguments(item, piece)
            await self._stream.close(item, "completed")

    async def _pause(self, seconds: float) -> None:
        """Wait; ends the response when it is cancelled."""
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self._cancelled.wait()
        except TimeoutError:
            return
        raise _Ended("cancelled", {"type": "cancelled", "reason": self._reason})

    async def _write(self, tokens: tuple[str, ...]) -> None:
        item = await self._stream.open_message(speaks=False)
        for token in tokens:
            await self._pause(_DELTA_INTERVAL_S)
            await self._stream.send_text(item, token)
        await self._stream.close(item, "completed")

    async def _speak(self, text: str, plan: Plan) -> None:
        config = self.config
        spoken = self._spoken = await speak(text, config.audio_format, config.speed, self._settings)
        item = await self._stream.open_message(speaks=True)
        pieces = _pieces(spoken, self._settings.realtime_chunk_ms)
        begin_s, sent_ms = time.monotonic(), 0.0
        for number, (piece, end_ms) in enumerate(pieces):
            due_s = begin_s + sent_ms / 1000 / self._settings.realtime_speed
            await self._pause(due_s - time.monotonic())
            if number == min(_FAULT_CHUNK, len(pieces) - 1):
                await self._inject_faults(plan)
            # The transcript is a little ahead of the audio.
            for word in spoken.words[len(item.words) :]:
                if word.start_ms >= end_ms:
                    break
                await self._stream.send_word(item, word)
            self.first_audio_at_us = self.first_audio_at_us or time.time_ns() // 1000
            await self._stream.send_audio(item, base64.b64encode(piece).decode(), end_ms)
            sent_ms = end_ms
        await self._stream.close(item, "completed")

    async def _inject_faults(self, plan: Plan) -> None:
        """The faults within the audio."""
        for fault in sorted(plan.faults & WITHIN_AUDIO):
            match fault:
                case "pause_audio":
                    await self._pause(plan.silence_s)
                case "stall_audio":
                    await self._pause(_HANG_S)
                case "cut_audio":
                    raise AbortSession
                case "close_audio":
                    raise CloseSession(1011, "Internal server error")
                case "garbage_audio":
                    await self._outgoing.send_text("{this is no JSON")
                case "unknown_events":
                    for payload in UNKNOWN_EVENTS:
                        await self._outgoing.send_text(json.dumps(payload))
                case "error_audio":
                    await self._outgoing.send(error_event(failed_response(fault)))
                    raise _failed(failed_response(fault))
                case _:
                    raise _Ended("incomplete", {"type": "incomplete", "reason": "content_filter"})

    async def _finish(self, plan: Plan) -> None:
        if "no_done" in plan.faults:
            await self._pause(_HANG_S)
        if plan.reply.finish == "length":
            raise _Ended("incomplete", {"type": "incomplete", "reason": "max_output_tokens"})
        await self._send_done("completed", None)

    async def _send_done(self, status: str, details: Mapping[str, Any] | None) -> None:
        usage = self._usage_of(self._stream.items)
        self.status = status
        output = [item.data for item in self._stream.items]
        shown = self.config.shown(status, output, details, usage)
        # Set before it is sent: the client may create the next response as soon as it arrives.
        self.ended.set()
        await self._outgoing.send(event("response.done", response=shown))
        await asyncio.sleep(_RATE_LIMITS_DELAY_S)
        await self._outgoing.send(rate_limits(usage["total_tokens"]))

    async def _send_late_deltas(self) -> None:
        spoken = [item for item in self._stream.items if item.speaks]
        for item in spoken[-1:]:
            audio = self._spoken.audio[:800] if self._spoken else b""
            for _ in range(_LATE_DELTAS):
                await self._stream.send_late_audio(item, base64.b64encode(audio).decode())


def _pieces(spoken: Spoken, chunk_ms: float) -> list[tuple[bytes, float]]:
    """The audio in pieces, each with the position of its end."""
    if not spoken.audio:
        return []
    size = int(len(spoken.audio) * chunk_ms / spoken.duration_ms)
    size = max(2, size - size % 2)
    return [
        (
            spoken.audio[at : at + size],
            spoken.duration_ms * min(at + size, len(spoken.audio)) / len(spoken.audio),
        )
        for at in range(0, len(spoken.audio), size)
    ]


async def _made(make_plan: Callable[[], Awaitable[Plan]]) -> Plan:
    try:
        return await make_plan()
    except ResponseFailed as failure:
        raise _failed(failure.error) from None


def _failed(error: ApiError) -> _Ended:
    shown = {"type": error.kind, "code": error.code, "message": error.message}
    return _Ended("failed", {"type": "failed", "error": shown})
