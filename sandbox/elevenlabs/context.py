"""One stream of text that becomes sound: a context of a socket, or a whole stream-input socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.elevenlabs.client_message import DEFAULT_SCHEDULE, ClientMessage
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.synthesis import Voice, chunks
from sandbox.emulator import Journal, RuntimeSettings

HANG_S = 600.0
_MOST_WAITING = 1000
_LEAST_TO_TRY = 50
"""A try to trigger does nothing with fewer characters; a flush does."""
_FAULTY_CHUNK = 1
"""Faults within a sound come after its first chunk."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class CloseNow(Exception):
    """A fault wants the connection broken off."""


class Faults:
    """Counts how many clauses have met the fault that is set."""

    def __init__(self, dials: RuntimeSettings[ElevenLabsSandboxSettings]) -> None:
        self._dials = dials
        self._met = 0

    def next(self, *, http: bool = False) -> str:
        """The fault for the next clause, without its `http_`; empty for none."""
        now = self._dials.current
        if now.tts_fault.startswith("http_") != http or self._met >= now.tts_fault_requests:
            return ""
        self._met += bool(now.tts_fault)
        return now.tts_fault.removeprefix("http_")


@dataclass(frozen=True, slots=True)
class Studio:
    """What all streams of a stand-in share."""

    dials: RuntimeSettings[ElevenLabsSandboxSettings]
    journal: Journal
    faults: Faults
    voice: Voice


class Context:
    """Collects text; each piece of it that is to be spoken is spoken after those before it."""

    def __init__(self, name: str, voice_id: str, studio: Studio, send: Send, auto_mode: bool) -> None:
        self.name = name
        self._voice_id = voice_id
        self._studio = studio
        self._send = send
        self._auto_mode = auto_mode
        self._schedule: tuple[float, ...] = DEFAULT_SCHEDULE
        self._generations = 0
        self._text = ""
        self._flushed: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue(_MOST_WAITING)

    async def take(self, message: ClientMessage) -> None:
        """Take text; it is spoken when asked for, in auto mode at a sentence's end, else by the schedule."""
        if message.generation_config:
            self._schedule = message.schedule
        if message.text:
            self._text += message.text
            self._studio.journal.note("text", context_id=self.name, text=message.text)
        if message.flush or self._is_enough(tried=bool(message.try_trigger_generation)):
            await self.flush()

    def _is_enough(self, *, tried: bool) -> bool:
        if tried and len(self._text) >= _LEAST_TO_TRY:
            return True
        if self._auto_mode:
            return self._text.rstrip().endswith((".", "!", "?"))
        return len(self._text) >= self._schedule[min(self._generations, len(self._schedule) - 1)]

    async def flush(self) -> None:
        """Speak what has been collected."""
        text, self._text = self._text.lstrip(), ""
        if text.strip():
            self._generations += 1
            self._studio.journal.note("flush", context_id=self.name, text=text)
            await self._flushed.put((text, time.monotonic()))

    async def close(self) -> None:
        """Speak the rest, then end."""
        await self.flush()
        await self._flushed.put(None)

    async def run(self) -> None:
        """Long-lived: speak until closed, then say that it is final."""
        while (flushed := await self._flushed.get()) is not None:
            await self._speak(*flushed)
        await self._send({"audio": None, "isFinal": True})
        self._studio.journal.note("done", context_id=self.name)

    async def _speak(self, text: str, asked_s: float) -> None:
        now = self._studio.dials.current
        fault = self._studio.faults.next()
        if fault == "hang":
            await asyncio.sleep(HANG_S)
        speech = await self._studio.voice.speak(text, self._voice_id, now)
        due_s = max(asked_s + now.first_byte_ms / 1000, time.monotonic())
        for number, chunk in enumerate(chunks(text, speech)):
            frame = chunk.frame()
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if number == 0:
                self._studio.journal.note("first_byte", context_id=self.name, text=text)
            if number == _FAULTY_CHUNK and fault:
                await self._misbehave(fault)
            await self._send(frame)
            due_s += len(chunk.mulaw) / 8000 / now.realtime_factor

    async def _misbehave(self, fault: str) -> None:
        match fault:
            case "hang_mid":
                await asyncio.sleep(HANG_S)
            case "close_mid":
                raise CloseNow
            case _:
                await self._send({"audio": "!!! no base64 !!!", "isFinal": None})
