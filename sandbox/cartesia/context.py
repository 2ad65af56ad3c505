"""One context: buffers text and synthesises it in order, one generation after the other."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from parley.audio.g711 import SILENCE
from sandbox.cartesia.chunks import Chunk, divide, timestamps_event
from sandbox.cartesia.errors import Rejected
from sandbox.cartesia.generation_request import GenerationRequest
from sandbox.cartesia.settings import CartesiaSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.speech import Speech
from sandbox.synthesis import SynthesisThread, synthesise

HANG_S = 600.0
_FAULT_CHUNK = 1
"""Faults in the middle of the audio occur before the chunk with this index."""
_MAX_GENERATIONS = 1000

Send = Callable[[dict[str, Any]], Awaitable[None]]


class AbortConnection(Exception):
    """A fault requires the connection to be dropped."""


@dataclass(slots=True)
class Faults:
    """Selects the generations that get the configured fault."""

    runtime_settings: RuntimeSettings[CartesiaSandboxSettings]
    _count: int = 0

    def next(self) -> str:
        """The fault of the next generation; empty for none."""
        settings = self.runtime_settings.current
        if not settings.cartesia_fault or self._count >= settings.cartesia_fault_requests:
            return ""
        self._count += 1
        return settings.cartesia_fault


@dataclass(frozen=True, slots=True)
class EmulatorState:
    """State that all connections of an emulator share."""

    runtime_settings: RuntimeSettings[CartesiaSandboxSettings]
    journal: Journal
    faults: Faults
    thread: SynthesisThread = field(default_factory=SynthesisThread)
    active: set[int] = field(default_factory=set)
    """The contexts that are active, over all connections."""


@dataclass(frozen=True, slots=True)
class _Generation:
    text: str
    flush_id: int
    at_s: float


class Context:
    """Buffers text and synthesises it; `run` must be running."""

    def __init__(self, first: GenerationRequest, state: EmulatorState, send: Send) -> None:
        self.name = first.context_id
        self._first = first
        self._state = state
        self._send = send
        self._buffer = ""
        self._buffer_due: asyncio.TimerHandle | None = None
        self._flush_id = 1
        self._sent_ms = 0.0
        self._flush_start_ms = 0.0
        self._queue: asyncio.Queue[_Generation | int | None] = asyncio.Queue(_MAX_GENERATIONS)
        """Generations, ids of flushes, None for the end."""
        self.ended = False
        """Whether further input is refused."""
        self.cancelled = False

    def on_request(self, request: GenerationRequest) -> None:
        """Append text, and generate it at once or after the requested delay.

        Raises:
            Rejected: the context has expired, or a field differs from its first message.
        """
        if self.ended:
            raise Rejected("context_expired", f"The context {self.name} has expired or is complete.")
        if not request.same_context(self._first):
            raise Rejected("", "All inputs of a context must have the same fields except transcript.")
        if not request.transcript and request.continue_ and not request.flush:
            raise Rejected("", "transcript must not be empty.")
        self._buffer += request.transcript
        if request.transcript:
            self._state.journal.note("text", context_id=self.name, text=request.transcript)
        delay_ms = self._first.max_buffer_delay_ms
        if request.flush or not request.continue_ or not delay_ms:
            self._generate_buffered()
        elif self._buffer_due is None and self._buffer.strip():
            loop = asyncio.get_running_loop()
            self._buffer_due = loop.call_later(delay_ms / 1000, self._generate_buffered)
        if request.flush:
            self._queue.put_nowait(self._flush_id)
            self._flush_id += 1
        if not request.continue_:
            self.ended = True
            self._queue.put_nowait(None)

    def cancel(self) -> None:
        """Drop what has not begun; a generation that has begun is sent to its end."""
        self.ended = self.cancelled = True
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)
        self._state.journal.note("cancel", context_id=self.name)

    def _generate_buffered(self) -> None:
        if self._buffer_due is not None:
            self._buffer_due.cancel()
            self._buffer_due = None
        text, self._buffer = self._buffer, ""
        if text.strip():
            self._queue.put_nowait(_Generation(text, self._flush_id, time.monotonic()))

    async def run(self) -> None:
        """Synthesise until the input ends or the context expires."""
        self._state.active.add(id(self))
        try:
            while (item := await self._next()) is not None:
                if isinstance(item, int):
                    event = {"type": "flush_done", "done": False, "flush_done": True, "flush_id": item}
                    await self._emit({**event, "status_code": 206})
                    self._flush_start_ms = self._sent_ms
                else:
                    await self._generate(item)
            if not self.cancelled:
                await self._emit({"type": "done", "done": True, "status_code": 206})
        finally:
            self.ended = True
            self._state.active.discard(id(self))
            self._state.journal.note("done", context_id=self.name)

    async def _next(self) -> _Generation | int | None:
        """The next item of the queue; None once the context has expired."""
        expiry_s = self._state.runtime_settings.current.cartesia_context_expiry_ms / 1000
        with suppress(TimeoutError):
            # A context without audio so far does not expire.
            async with asyncio.timeout(expiry_s if self._sent_ms else None):
                return await self._queue.get()
        self._state.journal.note("expired", context_id=self.name)
        return None

    async def _generate(self, generation: _Generation) -> None:
        settings = self._state.runtime_settings.current
        if settings.cartesia_refuse:
            raise Rejected(settings.cartesia_refuse, "Rejected by the sandbox's settings.")
        fault = self._state.faults.next()
        if fault == "hang":
            await asyncio.sleep(HANG_S)
        chunks = await self._chunks(generation.text, silent=fault == "silence")
        due_s = max(generation.at_s + settings.first_byte_ms / 1000, time.monotonic())
        by_flush = settings.cartesia_timestamps == "flush"
        origin_ms = self._sent_ms - (self._flush_start_ms if by_flush else 0.0)
        for index, chunk in enumerate(chunks):
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if index == 0:
                self._state.journal.note("first_byte", context_id=self.name, text=generation.text)
            if index == _FAULT_CHUNK and fault:
                await self._inject(fault)
            await self._emit({**chunk.event(), "flush_id": generation.flush_id})
            self._sent_ms += chunk.duration_ms
            stopped = fault == "no_timings" and index >= _FAULT_CHUNK
            wanted = self._first.add_timestamps and settings.cartesia_timestamps != "none"
            if chunk.words and wanted and not stopped:
                event = timestamps_event(chunk.words, origin_ms)
                await self._emit({**event, "flush_id": generation.flush_id})
            due_s += chunk.duration_ms / 1000 / settings.realtime_factor

    async def _chunks(self, text: str, *, silent: bool) -> list[Chunk]:
        settings = self._state.runtime_settings.current
        spoken: Speech = await self._state.thread.run(synthesise, text, self._first.voice.id, settings)
        if silent:
            spoken = Speech(SILENCE * len(spoken.mulaw), ())
        return divide(spoken, self._first.output_format, settings.cartesia_chunk_ms)

    async def _inject(self, fault: str) -> None:
        match fault:
            case "hang_mid":
                await asyncio.sleep(HANG_S)
            case "close_mid":
                raise AbortConnection
            case "error_mid":
                raise Rejected("internal_error", "Generation failed.")
            case "garbage":
                await self._emit({"type": "chunk", "data": "!!! no base64 !!!", "done": False})
            case _:
                pass

    async def _emit(self, event: dict[str, Any]) -> None:
        await self._send({**event, "context_id": self.name})
