"""One stream of text to synthesise: a context of a multi-context socket, or a whole stream-input socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any

from sandbox.elevenlabs.client_message import DEFAULT_SCHEDULE, ClientMessage, Rejected
from sandbox.elevenlabs.close_race import CloseRace
from sandbox.elevenlabs.concurrency import Concurrency
from sandbox.elevenlabs.frames import with_null_alignments, without_late_timings
from sandbox.elevenlabs.models import Model
from sandbox.elevenlabs.output_format import OutputFormat
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.synthesis import Job, Synthesiser
from sandbox.elevenlabs.voice_settings import check_voice_settings
from sandbox.emulator import Journal, RuntimeSettings

HANG_S = 600.0
FAULT_CHUNK = 1
"""Faults in the middle of the audio occur before the chunk with this index."""
_MAX_QUEUED_GENERATIONS = 1000
_MIN_TRIGGER_CHARACTERS = 50
"""try_trigger_generation has no effect with fewer characters; a flush has."""

Send = Callable[[dict[str, Any]], Awaitable[None]]


class AbortConnection(Exception):
    """A fault requires the connection to be dropped."""


class Faults:
    """Selects the clauses that get the configured fault."""

    def __init__(self, runtime_settings: RuntimeSettings[ElevenLabsSandboxSettings]) -> None:
        self._runtime_settings = runtime_settings
        self._count = 0

    def next(self, *, http: bool = False) -> str:
        """The fault of the next clause without its `http_` prefix; empty for none."""
        settings = self._runtime_settings.current
        if settings.tts_fault.startswith("http_") != http or self._count >= settings.tts_fault_requests:
            return ""
        self._count += bool(settings.tts_fault)
        return settings.tts_fault.removeprefix("http_")


@dataclass(frozen=True, slots=True)
class EmulatorState:
    """State that all connections of an emulator share."""

    runtime_settings: RuntimeSettings[ElevenLabsSandboxSettings]
    journal: Journal
    faults: Faults
    synthesiser: Synthesiser
    close_race: CloseRace
    concurrency: Concurrency
    random: Random


@dataclass(slots=True)
class SocketOptions:
    """Parameters of a socket, which its contexts share."""

    voice_id: str
    model: Model
    output_format: OutputFormat
    auto_mode: bool
    ssml: bool
    is_cold: bool = True
    """Whether the socket has not sent audio yet."""

    def take_cold_ms(self, settings: ElevenLabsSandboxSettings) -> float:
        """The additional delay of the socket's first audio."""
        was_cold, self.is_cold = self.is_cold, False
        return settings.tts_cold_ms if was_cold else 0.0


@dataclass(frozen=True, slots=True)
class _Clause:
    """Text to synthesise."""

    number: int
    text: str
    flushed_s: float
    """Monotonic time of its flush."""


class Context:
    """Buffers text and synthesises it in order, one generation after the other."""

    def __init__(self, name: str, options: SocketOptions, state: EmulatorState, send: Send) -> None:
        self.name = name
        self._options = options
        self._state = state
        self._send = send
        self._voice_settings: dict[str, Any] | None = None
        self._has_messages = False
        self._schedule: tuple[float, ...] = DEFAULT_SCHEDULE
        self._generations = 0
        self._generations_begun = 0
        """Number of clauses whose audio has begun or ended."""
        self._first_lost: float = inf
        """Number of the first clause that is not synthesised, because a close came too early."""
        self._sends_final = True
        self._text = ""
        self._text_at_s = 0.0
        self._queue: asyncio.Queue[_Clause | None] = asyncio.Queue(_MAX_QUEUED_GENERATIONS)
        """Clauses in order; None ends the context."""

    async def on_message(self, message: ClientMessage) -> None:
        """Append text; flush it on request, at a sentence end in auto mode, otherwise by the schedule."""
        self._check_voice_settings(message)
        if message.generation_config:
            self._schedule = message.schedule
        if message.text:
            self._text += message.text
            self._text_at_s = time.monotonic()
            self._state.journal.note("text", context_id=self.name, text=message.text)
        if message.flush or self._has_enough_text(triggered=bool(message.try_trigger_generation)):
            await self.flush()

    def _check_voice_settings(self, message: ClientMessage) -> None:
        given, is_first = message.voice_settings, not self._has_messages
        self._has_messages = True
        if given is None:
            return
        check_voice_settings(given, self._options.model)
        if not is_first and given != self._voice_settings:
            raise Rejected(
                "invalid_input_message",
                "voice_settings field must be provided in the first message and then either be not "
                "provided or not change.",
            )
        self._voice_settings = given

    def _has_enough_text(self, *, triggered: bool) -> bool:
        if triggered and len(self._text) >= _MIN_TRIGGER_CHARACTERS:
            return True
        if self._options.auto_mode:
            return self._text.rstrip().endswith((".", "!", "?"))
        return len(self._text) >= self._schedule[min(self._generations, len(self._schedule) - 1)]

    async def flush(self) -> None:
        """Queue the buffered text for synthesis."""
        text, self._text = self._text.lstrip(), ""
        if text.strip():
            self._generations += 1
            self._state.journal.note("flush", context_id=self.name, text=text)
            await self._queue.put(_Clause(self._generations, text, time.monotonic()))

    async def close(self) -> None:
        """Queue the rest of the text, then the end."""
        await self.flush()
        await self._queue.put(None)

    async def close_context(self) -> None:
        """Close the context on its own, which can lose text that was sent just before."""
        await self.flush()
        pending = self._generations - self._generations_begun
        elapsed_ms = (time.monotonic() - self._text_at_s) * 1000
        settings = self._state.runtime_settings.current
        loss = self._state.close_race.loss(settings, elapsed_ms=elapsed_ms, pending=pending)
        if loss is not None:
            last_only = loss == "last_clause"
            self._first_lost = self._generations if last_only else self._generations_begun + 1
            self._sends_final = loss != "everything"
            self._state.journal.note("close_race", context_id=self.name, loss=loss)
        await self._queue.put(None)

    async def run(self) -> None:
        """Synthesise queued texts until the context is closed, then send the final frame."""
        while (clause := await self._queue.get()) is not None:
            if self._state.concurrency.is_full:
                raise self._state.concurrency.rejection
            self._state.concurrency.begin()
            try:
                await self._generate(clause)
            finally:
                self._state.concurrency.end()
            self._generations_begun = clause.number
        if self._sends_final:
            await self._send({"audio": None, "isFinal": True})
        self._state.journal.note("done", context_id=self.name)

    async def _generate(self, clause: _Clause) -> None:
        text, settings = clause.text, self._state.runtime_settings.current
        fault = self._state.faults.next()
        if fault == "hang":
            await asyncio.sleep(HANG_S)
        options = self._options
        silent = fault == "silence"
        job = Job(text, options.voice_id, options.output_format, ssml=options.ssml, silent=silent)
        chunks = await self._state.synthesiser.synthesise(job, settings)
        if fault == "no_timings":
            chunks = without_late_timings(chunks, FAULT_CHUNK)
        chunks = with_null_alignments(chunks, settings.tts_null_alignment, self._state.random)
        delay_ms = settings.first_byte_ms + options.take_cold_ms(settings)
        due_s = max(clause.flushed_s + delay_ms / 1000, time.monotonic())
        for index, chunk in enumerate(chunks):
            frame = chunk.frame()
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if index == 0 and clause.number >= self._first_lost:
                return
            self._generations_begun = clause.number
            if index == 0:
                self._state.journal.note("first_byte", context_id=self.name, text=text)
            if index == FAULT_CHUNK and fault:
                await self._inject_fault(fault)
            await self._send(frame)
            due_s += chunk.duration_ms / 1000 / settings.realtime_factor

    async def _inject_fault(self, fault: str) -> None:
        match fault:
            case "hang_mid":
                await asyncio.sleep(HANG_S)
            case "close_mid":
                raise AbortConnection
            case "garbage":
                await self._send({"audio": "!!! no base64 !!!", "isFinal": None})
            case _:
                pass
