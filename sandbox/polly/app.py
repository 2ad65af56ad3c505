"""Routes of the emulator: SynthesizeSpeech and DescribeVoices."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from parley.audio.g711 import SAMPLE_RATE_HZ, SILENCE, ms_to_bytes
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.pcm import from_mulaw, resample, to_alaw
from sandbox.polly.errors import Rejected
from sandbox.polly.settings import PollySandboxSettings
from sandbox.polly.signature import SignedRequest, check_signature
from sandbox.polly.speech_request import SpeechRequest, read_speech_request
from sandbox.polly.voices import VOICES
from sandbox.synthesis import SynthesisThread, synthesise

_HANG_S = 600.0
_FAULT_CHUNK = 1
_MEDIA_TYPES = {"mulaw": "audio/mulaw", "alaw": "audio/alaw", "pcm": "audio/pcm"}


class PollyEmulator:
    """Serves text-to-speech. Access keys whose id begins with `bad` are unknown."""

    def __init__(self, settings: PollySandboxSettings) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._thread = SynthesisThread()
        self._running = 0
        self._faults = 0

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        return Starlette(
            routes=[
                Route("/v1/speech", self._speech, methods=["POST"]),
                Route("/v1/voices", self._voices),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )

    async def _voices(self, request: Request) -> Response:
        refusal = self.runtime_settings.current.polly_refuse_voices
        try:
            await self._check(request)
            if refusal:
                raise Rejected(refusal, "Rejected by the sandbox's settings.")  # noqa: TRY301
        except Rejected as rejected:
            return rejected.response()
        engine = request.query_params.get("Engine")
        found = [voice.described() for voice in VOICES.values() if engine in (None, *voice.engines)]
        return JSONResponse({"Voices": found})

    async def _speech(self, request: Request) -> Response:
        settings = self.runtime_settings.current
        try:
            speech = read_speech_request(await self._check(request))
            if settings.polly_refuse:
                raise Rejected(settings.polly_refuse, "Rejected by the sandbox's settings.")  # noqa: TRY301
            if settings.polly_concurrency and self._running >= settings.polly_concurrency:
                raise Rejected("ThrottlingException", "Rate exceeded")  # noqa: TRY301
        except Rejected as rejected:
            return rejected.response()
        headers = {
            "x-amzn-RequestCharacters": str(len(speech.text)),
            "x-amzn-RequestId": str(uuid.uuid4()),
        }
        self.journal.note("request", text=speech.text)
        return StreamingResponse(
            self._chunks(speech), media_type=_MEDIA_TYPES[speech.output_format], headers=headers
        )

    async def _check(self, request: Request) -> bytes:
        """Check the signature; returns the body."""
        body = await request.body()
        signed = SignedRequest(
            request.method, request.url.path, request.url.query, dict(request.headers.items()), body
        )
        settings = self.runtime_settings.current
        now = datetime.now(UTC) + timedelta(seconds=settings.polly_clock_s)
        check_signature(signed, settings.polly_secret, now)
        return body

    async def _chunks(self, speech: SpeechRequest) -> AsyncIterator[bytes]:
        settings, outcome = self.runtime_settings.current, "cancelled"
        fault = self._next_fault()
        self._running += 1
        try:
            if fault == "hang":
                await asyncio.sleep(_HANG_S)
            spoken = await self._thread.run(synthesise, speech.text, speech.voice, settings)
            audio = SILENCE * len(spoken.mulaw) if fault == "silence" else spoken.mulaw
            size, due_s = (
                ms_to_bytes(settings.polly_chunk_ms),
                time.monotonic() + settings.first_byte_ms / 1000,
            )
            for index, begin in enumerate(range(0, 0 if fault == "empty" else len(audio), size)):
                await asyncio.sleep(max(0.0, due_s - time.monotonic()))
                if index == 0:
                    self.journal.note("first_byte", text=speech.text)
                if index == _FAULT_CHUNK and fault == "hang_mid":
                    await asyncio.sleep(_HANG_S)
                if index == _FAULT_CHUNK and fault == "close_mid":
                    raise ConnectionResetError("closed by the sandbox's settings")
                yield _encoded(audio[begin : begin + size], speech)
                due_s += settings.polly_chunk_ms / 1000 / settings.realtime_factor
            outcome = "done"
        finally:
            self._running -= 1
            self.journal.note(outcome, text=speech.text)

    def _next_fault(self) -> str:
        settings = self.runtime_settings.current
        if not settings.polly_fault or self._faults >= settings.polly_fault_requests:
            return ""
        self._faults += 1
        return settings.polly_fault


def _encoded(mulaw: bytes, speech: SpeechRequest) -> bytes:
    match speech.output_format:
        case "mulaw":
            return mulaw
        case "alaw":
            return to_alaw(from_mulaw(mulaw))
        case _:
            return resample(from_mulaw(mulaw), SAMPLE_RATE_HZ, speech.rate_hz).tobytes()
