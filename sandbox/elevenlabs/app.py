"""All routes of the stand-in: the sockets, HTTP streaming."""

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

from sandbox.elevenlabs.client_message import Refused
from sandbox.elevenlabs.context import HANG_S, Faults, Studio
from sandbox.elevenlabs.refusals import output_format_refusal, status_of, voice_refusal
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.sockets import Sockets
from sandbox.elevenlabs.synthesis import Character, Chunk, Voice, chunks
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes

_FAULTY_CHUNK = 1
"""Faults within a sound come after its first chunk."""


class TextToSpeech:
    """The stand-in. A key that begins with `bad` is refused."""

    def __init__(self, settings: ElevenLabsSandboxSettings) -> None:
        self.journal = Journal()
        self.dials = RuntimeSettings(settings)
        self._studio = Studio(self.dials, self.journal, Faults(self.dials), Voice())
        self._sockets = Sockets(self._studio)

    def app(self) -> Starlette:
        """All routes."""
        base = "/v1/text-to-speech/{voice_id}"
        return Starlette(
            routes=[
                WebSocketRoute(f"{base}/stream-input", self._sockets.stream_input),
                WebSocketRoute(f"{base}/multi-stream-input", self._sockets.multi_stream_input),
                Route(f"{base}/stream", self._stream, methods=["POST"]),
                Route(f"{base}/stream/with-timestamps", self._stream_with_times, methods=["POST"]),
                Route(base, self._stream, methods=["POST"]),
                *sandbox_routes(self.journal, self.dials),
            ]
        )

    async def _stream(self, request: Request) -> Response:
        text = await self._checked(request)
        if isinstance(text, Response):
            return text

        async def sound() -> AsyncIterator[bytes]:
            async for chunk in self._chunks(text, request.path_params["voice_id"]):
                yield chunk.mulaw

        return StreamingResponse(sound(), media_type="audio/basic")

    async def _stream_with_times(self, request: Request) -> Response:
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
        now = self.dials.current
        ended = "cancelled"
        self.journal.note("request", text=text)
        due_s = time.monotonic() + now.first_byte_ms / 1000
        fault = self._studio.faults.next(http=True)
        try:
            if fault == "hang":
                await asyncio.sleep(HANG_S)
            speech = await self._studio.voice.speak(text, voice_id, now)
            for number, chunk in enumerate(chunks(text, speech)):
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if number == 0:
                    self.journal.note("first_byte", text=text)
                if number == _FAULTY_CHUNK and fault:
                    await _misbehave(fault)
                yield chunk
                due_s += len(chunk.mulaw) / 8000 / now.realtime_factor
            ended = "done"
        finally:
            self.journal.note(ended, text=text)

    async def _checked(self, request: Request) -> str | Response:
        """The text to speak, or the vendor's refusal."""
        key = request.headers.get("xi-api-key", "")
        word = self.dials.current.tts_refuse
        if not key or key.startswith("bad"):
            return _refusal(Refused("invalid_api_key", "Invalid API key"))
        if word:
            return _refusal(Refused(word, "Refused by the sandbox's settings."))
        told = request.query_params.get("output_format", "mp3_44100_128")
        if refused := voice_refusal(request.path_params["voice_id"]) or output_format_refusal(told):
            return _refusal(refused)
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


async def _misbehave(fault: str) -> None:
    if fault == "hang_mid":
        await asyncio.sleep(HANG_S)
    else:
        # The server leaves the chunked body unfinished: clients meet a lost connection.
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


def _refusal(refused: Refused) -> Response:
    detail = {"status": refused.word, "message": str(refused)}
    return JSONResponse({"detail": detail}, status_code=status_of(refused.word))
