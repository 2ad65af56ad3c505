"""All routes of the stand-in: the sockets, HTTP streaming, voices."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.sockets import Sockets
from sandbox.elevenlabs.synthesis import Chunk, chunks, synthesise
from sandbox.stand_in import Dials, Journal, sandbox_routes

_OUTPUT_FORMAT = "ulaw_8000"
_STATUS_OF = {"quota_exceeded": 401, "too_many_concurrent_requests": 429, "system_busy": 429}


class TextToSpeech:
    """The stand-in."""

    def __init__(self, settings: ElevenLabsSandboxSettings) -> None:
        self.journal = Journal()
        self.dials = Dials(settings)
        self._sockets = Sockets(self.dials, self.journal)

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
        checked = await self._check(request)
        if isinstance(checked, Response):
            return checked

        async def sound() -> AsyncIterator[bytes]:
            async for chunk in self._chunks(checked, request.path_params["voice_id"]):
                yield chunk.mulaw

        return StreamingResponse(sound(), media_type="audio/basic")

    async def _stream_with_times(self, request: Request) -> Response:
        checked = await self._check(request)
        if isinstance(checked, Response):
            return checked

        async def lines() -> AsyncIterator[str]:
            start_ms = 0.0
            async for chunk in self._chunks(checked, request.path_params["voice_id"]):
                alignment = {
                    "characters": [c.text for c in chunk.characters],
                    "character_start_times_seconds": [
                        (start_ms + c.start_ms) / 1000 for c in chunk.characters
                    ],
                    "character_end_times_seconds": [(start_ms + c.end_ms) / 1000 for c in chunk.characters],
                }
                start_ms += len(chunk.mulaw) / 8
                audio = chunk.frame()["audio"]
                yield (
                    json.dumps(
                        {
                            "audio_base64": audio,
                            "alignment": alignment,
                            "normalized_alignment": alignment,
                        }
                    )
                    + "\n"
                )

        return StreamingResponse(lines(), media_type="application/json")

    async def _chunks(self, text: str, voice_id: str) -> AsyncIterator[Chunk]:
        now = self.dials.now
        self.journal.note("request", text=text)
        due_s = time.monotonic() + now.first_byte_ms / 1000
        for number, chunk in enumerate(chunks(text, synthesise(text, voice_id, now))):
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))
            if number == 0:
                self.journal.note("first_byte", text=text)
            yield chunk
            due_s += len(chunk.mulaw) / 8000 / now.realtime_factor
        self.journal.note("done", text=text)

    async def _check(self, request: Request) -> str | Response:
        """The text to speak, or the vendor's refusal."""
        key = request.headers.get("xi-api-key", "")
        if not key or key.startswith("bad"):
            return _refusal(401, "invalid_api_key", "Invalid API key")
        if word := self.dials.now.tts_refuse:
            return _refusal(_STATUS_OF.get(word, 400), word, "Refused by the sandbox's settings.")
        voice_id = request.path_params["voice_id"]
        if voice_id != "tone" and len(voice_id) < 6:
            return _refusal(404, "voice_not_found", f"A voice with the voice_id {voice_id} was not found.")
        if request.query_params.get("output_format", "mp3_44100_128") != _OUTPUT_FORMAT:
            return _refusal(400, "invalid_output_format", f"This stand-in makes only {_OUTPUT_FORMAT}.")
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            problem = {"type": "missing", "loc": ["body", "text"], "msg": "Field required", "input": None}
            return JSONResponse({"detail": [problem]}, status_code=422)
        return str(body["text"])


def _refusal(status: int, word: str, message: str) -> Response:
    return JSONResponse({"detail": {"status": word, "message": message}}, status_code=status)
