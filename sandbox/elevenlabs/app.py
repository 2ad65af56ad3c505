"""Routes of the emulator: speech synthesis by WebSocket and HTTP streaming, and live transcription."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from random import Random
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from sandbox.elevenlabs.account import account_routes
from sandbox.elevenlabs.close_race import CloseRace
from sandbox.elevenlabs.concurrency import Concurrency
from sandbox.elevenlabs.context import FAULT_CHUNK, HANG_S, EmulatorState, Faults
from sandbox.elevenlabs.frames import without_late_timings
from sandbox.elevenlabs.output_format import FILE_FORMATS, STREAMING_FORMATS, OutputFormat
from sandbox.elevenlabs.rejections import rejection_response
from sandbox.elevenlabs.scribe import Scribe
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.sockets import Sockets
from sandbox.elevenlabs.speech_request import SpeechRequest, read_request
from sandbox.elevenlabs.synthesis import Character, Chunk, Job, Synthesiser
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser

_SEED = 1


class ElevenLabsEmulator:
    """Serves text-to-speech and live transcription. API keys that begin with `bad` are invalid."""

    def __init__(
        self,
        settings: ElevenLabsSandboxSettings,
        oracle: Oracle | None = None,
        recogniser: Recogniser | None = None,
    ) -> None:
        """Create the emulator; without a recogniser, only registered utterances are transcribed."""
        oracle = oracle or Oracle()
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._state = EmulatorState(
            self.runtime_settings,
            self.journal,
            Faults(self.runtime_settings),
            Synthesiser(),
            CloseRace(),
            Concurrency(self.runtime_settings),
            Random(_SEED),
        )
        self._sockets = Sockets(self._state)
        self._scribe = Scribe(self.runtime_settings, self.journal, oracle, recogniser or oracle)

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        base = "/v1/text-to-speech/{voice_id}"
        return Starlette(
            routes=[
                WebSocketRoute(f"{base}/stream-input", self._sockets.stream_input),
                WebSocketRoute(f"{base}/multi-stream-input", self._sockets.multi_stream_input),
                Route(f"{base}/stream", self._stream, methods=["POST"]),
                Route(f"{base}/stream/with-timestamps", self._stream_with_timestamps, methods=["POST"]),
                Route(base, self._file, methods=["POST"]),
                Route(f"{base}/with-timestamps", self._file_with_timestamps, methods=["POST"]),
                *self._scribe.routes(),
                *account_routes(self.runtime_settings),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )

    async def _stream(self, http: Request) -> Response:
        request = await self._read(http, STREAMING_FORMATS)
        if isinstance(request, Response):
            return request

        async def audio() -> AsyncIterator[bytes]:
            async for chunk in self._chunks(request):
                yield chunk.audio

        return StreamingResponse(audio(), media_type=request.output_format.media_type)

    async def _stream_with_timestamps(self, http: Request) -> Response:
        request = await self._read(http, STREAMING_FORMATS)
        if isinstance(request, Response):
            return request

        async def lines() -> AsyncIterator[str]:
            start_ms = 0.0
            async for chunk in self._chunks(request):
                yield json.dumps(_timed_audio(chunk.audio, _shifted(chunk, start_ms))) + "\n"
                start_ms += chunk.duration_ms

        return StreamingResponse(lines(), media_type="application/json")

    async def _file(self, http: Request) -> Response:
        request = await self._read(http, FILE_FORMATS)
        if isinstance(request, Response):
            return request
        audio = b"".join([chunk.audio async for chunk in self._chunks(request)])
        return Response(audio, media_type=request.output_format.media_type)

    async def _file_with_timestamps(self, http: Request) -> Response:
        request = await self._read(http, FILE_FORMATS)
        if isinstance(request, Response):
            return request
        audio, characters, start_ms = b"", list[Character](), 0.0
        async for chunk in self._chunks(request):
            audio += chunk.audio
            characters += _shifted(chunk, start_ms)
            start_ms += chunk.duration_ms
        return JSONResponse(_timed_audio(audio, characters))

    async def _read(self, request: Request, formats: Mapping[str, OutputFormat]) -> SpeechRequest | Response:
        found = await read_request(request, self.runtime_settings.current, formats)
        if not isinstance(found, Response) and self._state.concurrency.is_full:
            return rejection_response(self._state.concurrency.rejection)
        return found

    async def _chunks(self, request: SpeechRequest) -> AsyncIterator[Chunk]:
        settings, text = self.runtime_settings.current, request.text
        outcome = "cancelled"
        self.journal.note("request", text=text)
        due_s = time.monotonic() + settings.first_byte_ms / 1000
        fault = self._state.faults.next(http=True)
        self._state.concurrency.begin()
        try:
            if fault == "hang":
                await asyncio.sleep(HANG_S)
            silent = fault == "silence"
            job = Job(text, request.voice_id, request.output_format, ssml=True, silent=silent)
            chunks = await self._state.synthesiser.synthesise(job, settings)
            if fault == "no_timings":
                chunks = without_late_timings(chunks, FAULT_CHUNK)
            for index, chunk in enumerate(chunks):
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if index == 0:
                    self.journal.note("first_byte", text=text)
                if index == FAULT_CHUNK and fault:
                    await _inject_fault(fault)
                yield chunk
                due_s += chunk.duration_ms / 1000 / settings.realtime_factor
            outcome = "done"
        finally:
            self._state.concurrency.end()
            self.journal.note(outcome, text=text)


async def _inject_fault(fault: str) -> None:
    if fault == "hang_mid":
        await asyncio.sleep(HANG_S)
    elif fault == "close_mid":
        # The server leaves the chunked body unfinished, which clients see as a lost connection.
        raise ConnectionResetError("closed by the sandbox's settings")


def _shifted(chunk: Chunk, start_ms: float) -> list[Character]:
    """The characters of a chunk with times from the start of the audio."""
    return [Character(c.text, start_ms + c.start_ms, start_ms + c.end_ms) for c in chunk.characters]


def _timed_audio(audio: bytes, characters: Sequence[Character]) -> dict[str, Any]:
    alignment = {
        "characters": [c.text for c in characters],
        "character_start_times_seconds": [c.start_ms / 1000 for c in characters],
        "character_end_times_seconds": [c.end_ms / 1000 for c in characters],
    }
    encoded = base64.b64encode(audio).decode()
    return {"audio_base64": encoded, "alignment": alignment, "normalized_alignment": alignment}
