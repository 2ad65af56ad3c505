"""The control API: start simulated calls, follow them, get their reports. No authentication."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import wraps
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from parley.audio.g711 import SILENCE
from sandbox.caller.script import Script, default_script
from sandbox.caller.script_fields import ScriptError
from sandbox.caller.script_parser import parse_script
from sandbox.emulator import sandbox_routes
from sandbox.twilio.directory import AnswerMode, Callee
from sandbox.twilio.faults import Faults
from sandbox.twilio.incoming_number import find_number
from sandbox.twilio.leg import Leg
from sandbox.twilio.network import InboundCall, Network
from sandbox.twilio.wav import to_wav

Handler = Callable[[Request], Awaitable[Response]]


class _RequestError(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _CallBody(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    voice_url: str | None = None
    status_callback_url: str | None = None
    faults: Faults | None = None
    script: Any = None


class _PersonBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    script: Any = None
    answer: AnswerMode = "person"
    ring_s: float = Field(default=0.2, ge=0, le=600)
    faults: Faults | None = None


class Control:
    """Routes of the control API."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def routes(self) -> list[BaseRoute]:
        """All routes."""
        emulator = self._network.context
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/sandbox/calls", self._call),
            ("GET", "/sandbox/calls", self._calls),
            ("GET", "/sandbox/calls/{call}", self._report),
            ("DELETE", "/sandbox/calls/{call}", self._hang_up),
            ("POST", "/sandbox/calls/{call}/steps", self._add_steps),
            ("GET", "/sandbox/calls/{call}/events", self._events),
            ("GET", "/sandbox/calls/{call}/agent.wav", self._agent_wav),
            ("GET", "/sandbox/calls/{call}/caller.wav", self._caller_wav),
            ("PUT", "/sandbox/callees/{number}", self._register_callee),
        ]
        own = [Route(path, _guarded(handler), methods=[method]) for method, path, handler in table]
        return [*own, *sandbox_routes(emulator.journal, emulator.runtime_settings)]

    async def _call(self, request: Request) -> Response:
        body = _CallBody.model_validate_json(await request.body())
        settings = self._network.context.settings
        number = find_number(settings.numbers, body.to)
        voice_url = body.voice_url or number.voice_url or settings.voice_url
        if not voice_url:
            raise _RequestError(400, "voice_url is missing, and PARLEY_SANDBOX_VOICE_URL is not set")
        leg = await self._network.place_inbound(
            InboundCall(
                body.from_,
                body.to,
                _script(body.script),
                voice_url,
                body.status_callback_url or number.status_callback or settings.status_url,
                body.faults,
                number.voice_fallback_url or settings.fallback_url,
                number.voice_method if number.voice_url else "",
            )
        )
        return JSONResponse({"call_sid": leg.record.sid}, 201)

    async def _calls(self, _request: Request) -> Response:
        legs = self._network.context.legs.values()
        calls = [
            {
                "call_sid": leg.record.sid,
                "parent_call_sid": leg.record.parent_sid,
                "direction": leg.record.direction,
                "from": leg.record.from_,
                "to": leg.record.to,
                "status": leg.record.status,
            }
            for leg in legs
        ]
        return JSONResponse({"calls": calls})

    async def _report(self, request: Request) -> Response:
        decode_tone = request.query_params.get("decode") == "tone"
        report = self._leg(request).report
        return JSONResponse(await asyncio.to_thread(report, decode_tone=decode_tone))

    async def _hang_up(self, request: Request) -> Response:
        """Hang up as the caller."""
        leg = self._leg(request)
        if not self._network.end(leg.record.sid, by="caller"):
            raise _RequestError(409, "the call has already ended")
        leg.note("hung_up", by="caller")
        return Response(status_code=204)

    async def _add_steps(self, request: Request) -> Response:
        """Add steps to the script of a caller who decides during the call."""
        script = parse_script(await request.json())
        utterances = await self._network.context.directory.script_utterances(script)
        leg = self._leg(request)
        if not leg.record.is_live:
            raise _RequestError(409, "the call has already ended")
        leg.extend(script, utterances)
        return Response(status_code=204)

    async def _events(self, request: Request) -> Response:
        events = self._leg(request).events

        async def lines() -> AsyncIterator[str]:
            async for event in events.follow():
                yield json.dumps(event, separators=(",", ":")) + "\n"

        return StreamingResponse(lines(), media_type="application/x-ndjson")

    async def _agent_wav(self, request: Request) -> Response:
        return await _wav_response(bytes(self._leg_with_audio(request).line.agent_audio))

    async def _caller_wav(self, request: Request) -> Response:
        return await _wav_response(bytes(self._leg_with_audio(request).line.caller_audio))

    async def _register_callee(self, request: Request) -> Response:
        body = _PersonBody.model_validate_json(await request.body())
        callee = Callee(_script(body.script), body.answer, body.ring_s, body.faults)
        self._network.context.directory.register(request.path_params["number"], callee)
        return Response(status_code=204)

    def _leg_with_audio(self, request: Request) -> Leg:
        leg = self._leg(request)
        if not leg.has_audio:
            raise _RequestError(410, "the audio of this call was discarded")
        return leg

    def _leg(self, request: Request) -> Leg:
        leg = self._network.leg(request.path_params["call"])
        if leg is None:
            raise _RequestError(404, "no such call")
        return leg


def _script(body: object) -> Script:
    return default_script() if body is None else parse_script(body)


async def _wav_response(mulaw: bytes) -> Response:
    audio = await asyncio.to_thread(to_wav, mulaw or SILENCE)
    return Response(audio, media_type="audio/wav")


def _guarded(handler: Handler) -> Handler:
    @wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except _RequestError as refused:
            return JSONResponse({"error": str(refused)}, refused.status)
        except (ValidationError, ScriptError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded
