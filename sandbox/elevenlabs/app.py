"""Routes of the emulator: WebSocket and HTTP streaming."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.context import FAULT_CHUNK, HANG_S, EmulatorState, Faults
from sandbox.elevenlabs.rejections import check_output_format, check_voice_id, rejection_response
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.sockets import Sockets
from sandbox.elevenlabs.synthesis import Character, Chunk, Synthesiser, chunks
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes


class ElevenLabsEmulator:
    """Serves text-to-speech. API keys that begin with `bad` are invalid."""

    def __init__(self, settings: ElevenLabsSandboxSettings) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._state = EmulatorState(
            self.runtime_settings, self.journal, Faults(self.runtime_settings), Synthesiser()
        )
        self._sockets = Sockets(self._state)

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        base = "/v1/text-to-speech/{voice_id}"
        return Starlette(
            routes=[
                WebSocketRoute(f"{base}/stream-input", self._sockets.stream_input),
                WebSocketRoute(f"{base}/multi-stream-input", self._sockets.multi_stream_input),
                Route(f"{base}/stream", self._stream, methods=["POST"]),
                Route(f"{base}/stream/with-timestamps", self._stream_with_timestamps, methods=["POST"]),
                Route(base, self._stream, methods=["POST"]),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )

    async def _stream(self, request: Request) -> Response:
        text = await self._checked(request)
        if isinstance(text, Response):
            return text

        async def audio() -> AsyncIterator[bytes]:
            async for chunk in self._chunks(text, request.path_params["voice_id"]):
                yield chunk.mulaw

        return StreamingResponse(audio(), media_type="audio/basic")

    async def _stream_with_timestamps(self, request: Request) -> Response:
        text = await self._checked(request)
        if isinstance(text, Response):
            return text

        async def lines() -> AsyncIterator[str]:
            start_ms = 0.0
            async for chunk in self._chunks(text, request.path_params["voice_id"]):
                yield _timed_line(chunk, start_ms)
                start_ms += len(chunk.mulaw) / 8

        return StreamingResponse(lines(), media_type="application/json")

    async def _chunks(self, text: str, voice_id: str) -> AsyncIterator[Chunk]:
        settings = self.runtime_settings.current
        outcome = "cancelled"
        self.journal.note("request", text=text)
        due_s = time.monotonic() + settings.first_byte_ms / 1000
        fault = self._state.faults.next(http=True)
        try:
            if fault == "hang":
                await asyncio.sleep(HANG_S)
            speech = await self._state.synthesiser.synthesise(text, voice_id, settings)
            for index, chunk in enumerate(chunks(text, speech)):
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if index == 0:
                    self.journal.note("first_byte", text=text)
                if index == FAULT_CHUNK and fault:
                    await _inject_fault(fault)
                yield chunk
                due_s += len(chunk.mulaw) / 8000 / settings.realtime_factor
            outcome = "done"
        finally:
            self.journal.note(outcome, text=text)

    async def _checked(self, request: Request) -> str | Response:
        """Return the text to synthesise, or the response that rejects the request."""
        key = request.headers.get("xi-api-key", "")
        code = self.runtime_settings.current.tts_refuse
        if not key or key.startswith("bad"):
            return rejection_response(Rejected("invalid_api_key", "Invalid API key"))
        if code:
            return rejection_response(Rejected(code, "Rejected by the sandbox's settings."))
        output_format = request.query_params.get("output_format", "mp3_44100_128")
        voice_id = request.path_params["voice_id"]
        if rejected := check_voice_id(voice_id) or check_output_format(output_format):
            return rejection_response(rejected)
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        text = body.get("text") if isinstance(body, dict) else None
        if isinstance(text, str):
            return text
        kind, message = ("missing", "Field required") if text is None else ("string_type", "Not a string")
        problem = {"type": kind, "loc": ["body", "text"], "msg": message, "input": text}
        return JSONResponse({"detail": [problem]}, status_code=422)


async def _inject_fault(fault: str) -> None:
    if fault == "hang_mid":
        await asyncio.sleep(HANG_S)
    else:
        # The server leaves the chunked body unfinished, which clients see as a lost connection.
        raise ConnectionResetError("closed by the sandbox's settings")


def _timed_line(chunk: Chunk, start_ms: float) -> str:
    alignment = _alignment(chunk.characters, start_ms)
    audio = base64.b64encode(chunk.mulaw).decode()
    line = {"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment}
    return json.dumps(line) + "\n"


def _alignment(characters: tuple[Character, ...], start_ms: float) -> dict[str, Any]:
    return {
        "characters": [c.text for c in characters],
        "character_start_times_seconds": [(start_ms + c.start_ms) / 1000 for c in characters],
        "character_end_times_seconds": [(start_ms + c.end_ms) / 1000 for c in characters],
    }
