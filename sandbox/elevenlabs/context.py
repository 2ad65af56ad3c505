"""One stream of text that becomes sound: a context of a socket, or a whole stream-input socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.synthesis import chunks, synthesise
from sandbox.stand_in import Dials, Journal

_HANG_S = 600.0
_MOST_WAITING = 1000

Send = Callable[[dict[str, Any]], Awaitable[None]]


class CloseNow(Exception):
    """A fault wants the socket broken off."""


class Faults:
    """Counts how many clauses have met the fault that is set."""

    def __init__(self, dials: Dials[ElevenLabsSandboxSettings]) -> None:
        self._dials = dials
        self._met = 0

    def next(self) -> str:
        """The fault for the next clause; empty for none."""
        now = self._dials.now
        if not now.tts_fault or self._met >= now.tts_fault_requests:
            return ""
        self._met += 1
        return now.tts_fault


class Context:
    """Collects text; each flush is spoken after those before it."""

    def __init__(
        self,
        name: str,
        voice_id: str,
        dials: Dials[ElevenLabsSandboxSettings],
        journal: Journal,
        faults: Faults,
        send: Send,
        auto_flush: bool,
    ) -> None:
        self.name = name
        self._voice_id = voice_id
        self._dials = dials
        self._journal = journal
        self._faults = faults
        self._send = send
        self._auto_flush = auto_flush
        self._text = ""
        self._flushed: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue(_MOST_WAITING)

    async def add(self, text: str, *, flush: bool) -> None:
        """Take text; with `flush`, or in auto mode at a sentence's end, it is spoken now."""
        self._text += text
        if flush or (self._auto_flush and self._text.rstrip().endswith((".", "!", "?"))):
            await self.flush()

    async def flush(self) -> None:
        """Speak what has been collected."""
        text, self._text = self._text.lstrip(), ""
        if text.strip():
            self._journal.note("flush", context_id=self.name, text=text)
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
        self._journal.note("done", context_id=self.name)

    async def _speak(self, text: str, asked_s: float) -> None:
        now = self._dials.now
        fault = self._faults.next()
        if fault == "hang":
            await asyncio.sleep(_HANG_S)
        speech = synthesise(text, self._voice_id, now)
        due_s = max(asked_s + now.first_byte_ms / 1000, time.monotonic())
        for number, chunk in enumerate(chunks(text, speech)):
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if number == 0:
                self._journal.note("first_byte", context_id=self.name, text=text)
            if number == 1 and fault:
                await self._misbehave(fault)
            await self._send(chunk.frame())
            due_s += len(chunk.mulaw) / 8000 / now.realtime_factor

    async def _misbehave(self, fault: str) -> None:
        match fault:
            case "hang_mid":
                await asyncio.sleep(_HANG_S)
            case "close_mid":
                raise CloseNow
            case _:
                await self._send({"audio": "!!! no base64 !!!", "isFinal": None})
