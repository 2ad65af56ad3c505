"""The WebSocket `/v1/speak`: text in, audio without labels out."""

import asyncio
import json
import time
import uuid
from collections import deque
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.audio.g711 import SAMPLE_RATE_HZ, SILENCE, bytes_to_ms, ms_to_bytes
from sandbox.deepgram.handshake import read_credentials, rejection
from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.speak_query import SpeakQuery, read_speak
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.pcm import from_mulaw, resample, to_alaw, to_mulaw
from sandbox.synthesis import SynthesisThread, synthesise

_HANG_S = 600.0
_FAULT_CHUNK = 1
_WINDOW_S = 60.0
_MAX_FLUSHES = 20
_MAX_MESSAGE_CHARS = 2000
_POLICY_VIOLATION = 1008


class _Close(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class SpeakSockets:
    """Serves `/v1/speak`."""

    def __init__(self, settings: RuntimeSettings[DeepgramSandboxSettings], journal: Journal) -> None:
        self._settings = settings
        self._journal = journal
        self._thread = SynthesisThread()
        self._open = 0
        self._faults = 0

    async def serve(self, socket: WebSocket) -> None:
        """Serve one WebSocket."""
        credentials = read_credentials(socket.headers, socket.scope["subprotocols"])
        settings = self._settings.current
        status = 0 if credentials.accepted else 401
        if settings.speak_max_sockets and self._open >= settings.speak_max_sockets:
            status = status or 429
        if status := status or settings.speak_refuse:
            await socket.send_denial_response(rejection(status))
            return
        try:
            query = read_speak(socket.query_params.multi_items())
        except InvalidQuery as error:
            await socket.send_denial_response(rejection(400, str(error), error.code))
            return
        await socket.accept(credentials.subprotocol)
        self._open += 1
        self._journal.note("speak_opened", model=query.model)
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as tasks:
                session = _Session(socket, query, self)
                generating = tasks.create_task(session.generate())
                await session.receive()
                generating.cancel()
        except* _Close as group:
            close = group.exceptions[0]
            code, reason = (close.code, str(close)) if isinstance(close, _Close) else (1011, "")
        except* (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._open -= 1
            self._journal.note("speak_closed", code=code)
            with suppress(RuntimeError, WebSocketDisconnect):
                if socket.application_state is WebSocketState.CONNECTED:
                    await socket.close(code, reason)

    @property
    def settings(self) -> DeepgramSandboxSettings:
        """The current settings."""
        return self._settings.current

    @property
    def journal(self) -> Journal:
        """The emulator's journal."""
        return self._journal

    async def audio(self, text: str, query: SpeakQuery, *, silent: bool) -> bytes:
        """Synthesise a text in the requested format."""
        speech = await self._thread.run(synthesise, text, query.voice, self.settings)
        return _encoded(SILENCE * len(speech.mulaw) if silent else speech.mulaw, query)

    def next_fault(self) -> str:
        """The fault of the next flush; empty for none."""
        settings = self.settings
        if not settings.speak_fault or self._faults >= settings.speak_fault_requests:
            return ""
        self._faults += 1
        return settings.speak_fault


def _encoded(mulaw: bytes, query: SpeakQuery) -> bytes:
    if query.encoding == "mulaw" and query.rate_hz == SAMPLE_RATE_HZ:
        return mulaw
    samples = resample(from_mulaw(mulaw), SAMPLE_RATE_HZ, query.rate_hz)
    match query.encoding:
        case "mulaw":
            return to_mulaw(samples)
        case "alaw":
            return to_alaw(samples)
        case _:
            return samples.tobytes()


class _Session:
    """One WebSocket: a buffer of text, and the flushes that wait for their audio."""

    def __init__(self, socket: WebSocket, query: SpeakQuery, sockets: SpeakSockets) -> None:
        self._socket = socket
        self._query = query
        self._sockets = sockets
        self._buffer = ""
        self._flushes: deque[float] = deque(maxlen=_MAX_FLUSHES)
        self._characters: deque[tuple[float, int]] = deque()
        self._queue: asyncio.Queue[tuple[str, int]] = asyncio.Queue(1000)
        self._cleared = asyncio.Event()
        self._sequence = 0

    async def receive(self) -> None:
        """Handle messages until the client closes, or the session is too old."""
        await self._send(
            {
                "type": "Metadata",
                "request_id": str(uuid.uuid4()),
                "model_name": self._query.model,
                "model_version": "2026-01-01.0",
                "model_uuid": str(uuid.uuid4()),
            }
        )
        try:
            async with asyncio.timeout(self._sockets.settings.speak_session_s):
                await self._receive()
        except TimeoutError:
            raise _Close(1000, "The session has reached its maximum duration.") from None

    async def _receive(self) -> None:
        while True:
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(frame.get("code", 1005))
            if not await self._on_message(_parsed(frame.get("text"))):
                return

    async def _on_message(self, message: dict[str, Any]) -> bool:
        match message.get("type"):
            case "Speak" if isinstance(message.get("text"), str):
                self._on_text(message["text"])
            case "Flush":
                await self._on_flush()
            case "Clear":
                self._buffer = ""
                while not self._queue.empty():
                    self._queue.get_nowait()
                self._cleared.set()
                self._sockets.journal.note("speak_clear")
                await self._send({"type": "Cleared", "sequence_id": self._sequence})
            case "Close":
                return False
            case _:
                raise _Close(_POLICY_VIOLATION, "Could not deserialize last text message.")
        return True

    def _on_text(self, text: str) -> None:
        if len(text) > _MAX_MESSAGE_CHARS:
            raise _Close(
                _POLICY_VIOLATION, f"Input text exceeds the limit of {_MAX_MESSAGE_CHARS} characters."
            )
        now_s = time.monotonic()
        self._characters.append((now_s, len(text)))
        while now_s - self._characters[0][0] > _WINDOW_S:
            self._characters.popleft()
        limit = self._sockets.settings.speak_characters_per_min
        if limit and sum(count for _, count in self._characters) > limit:
            raise _Close(_POLICY_VIOLATION, f"Exceeded the rate limit of {limit} characters per minute.")
        self._buffer += text

    async def _on_flush(self) -> None:
        now_s = time.monotonic()
        if len(self._flushes) == _MAX_FLUSHES and now_s - self._flushes[0] < _WINDOW_S:
            text = "Exceeded the rate of Flush messages: none is processed within the 60-second window."
            await self._send({"type": "Warning", "code": "EXCESSIVE_FLUSH", "description": text})
            return
        self._flushes.append(now_s)
        text, self._buffer = self._buffer, ""
        self._sockets.journal.note("speak_flush", text=text)
        self._queue.put_nowait((text, self._sequence))
        self._sequence += 1

    async def generate(self) -> None:
        """Send the audio of the flushed texts in order."""
        while True:
            text, sequence = await self._queue.get()
            self._cleared.clear()
            confirmed = {"type": "Flushed", "sequence_id": sequence}
            first = self._sockets.settings.speak_flushed_first
            if first:
                await self._send(confirmed)
            await self._generate(text)
            if not first and not self._cleared.is_set():
                await self._send(confirmed)

    async def _generate(self, text: str) -> None:
        if not text.strip():
            return
        fault, settings = self._sockets.next_fault(), self._sockets.settings
        if fault == "hang":
            await asyncio.sleep(_HANG_S)
        audio = await self._sockets.audio(text, self._query, silent=fault == "silence")
        sample_bytes = 2 if self._query.encoding == "linear16" else 1
        scale = self._query.rate_hz * sample_bytes // SAMPLE_RATE_HZ
        size = ms_to_bytes(settings.speak_chunk_ms) * scale
        await asyncio.sleep(settings.first_byte_ms / 1000)
        for index, begin in enumerate(range(0, len(audio), size)):
            if self._cleared.is_set():
                return
            if index == 0:
                self._sockets.journal.note("first_byte", text=text)
            if index == _FAULT_CHUNK and fault:
                await self._inject(fault)
            chunk = audio[begin : begin + size]
            await self._socket.send_bytes(chunk)
            await asyncio.sleep(bytes_to_ms(len(chunk) // scale) / 1000 / settings.realtime_factor)

    async def _inject(self, fault: str) -> None:
        match fault:
            case "hang_mid":
                await asyncio.sleep(_HANG_S)
            case "close_mid":
                raise _Close(1011, "Deepgram did not provide a response message.")
            case "garbage":
                await self._socket.send_text("{this is no JSON")
            case "error_mid":
                await self._send({"type": "Error", "code": "INTERNAL", "description": "Synthesis failed."})
            case _:
                pass

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_text(json.dumps(message))


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
