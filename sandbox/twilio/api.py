"""Twilio's REST API, version 2010-04-01: calls, media streams, recordings and messages."""

import asyncio
import base64
import binascii
import hmac
import time
from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.twilio.account_api import account_table, check_account_status
from sandbox.twilio.api_forms import (
    ApiError,
    Form,
    parse_call,
    parse_recording_options,
    parse_stream,
    parse_twiml_source,
)
from sandbox.twilio.conference_api import conference_table
from sandbox.twilio.leg import Leg
from sandbox.twilio.message_api import message_table
from sandbox.twilio.network import Network
from sandbox.twilio.number_api import number_table
from sandbox.twilio.recordings import recording_mp3, recording_wav, start_recording, stop_recording
from sandbox.twilio.records import (
    API_VERSION,
    RecordingRecord,
    call_json,
    error_json,
    recording_json,
    stream_json,
)
from sandbox.twilio.rest_page import not_found, page

_ACCOUNT = f"/{API_VERSION}/Accounts/{{account}}"
_REFUSALS = {429: (20429, "Too Many Requests"), 500: (20500, "Internal Server Error")}
_NOT_IN_PROGRESS = (400, 21220, "Call is not in-progress. Cannot redirect.")

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """Routes of the REST API."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def routes(self) -> list[BaseRoute]:
        """All routes, each with authentication."""
        call, recordings = f"{_ACCOUNT}/Calls/{{call}}", f"{_ACCOUNT}/Recordings"
        table: list[tuple[str, str, Handler]] = [
            ("POST", f"{_ACCOUNT}/Calls.json", self._create_call),
            ("GET", f"{_ACCOUNT}/Calls.json", self._list_calls),
            ("POST", f"{call}.json", self._update_call),
            ("GET", f"{call}.json", self._fetch_call),
            ("POST", f"{call}/Streams.json", self._create_stream),
            ("POST", f"{call}/Recordings.json", self._create_recording),
            ("GET", f"{call}/Recordings.json", self._list_recordings),
            ("POST", f"{call}/Recordings/{{recording}}.json", self._update_recording),
            ("GET", f"{recordings}.json", self._list_recordings),
            ("GET", f"{recordings}/{{recording}}.json", self._fetch_recording),
            ("GET", f"{recordings}/{{recording}}.wav", self._recording_wav),
            ("GET", f"{recordings}/{{recording}}.mp3", self._recording_mp3),
            ("DELETE", f"{recordings}/{{recording}}.json", self._delete_recording),
            *account_table(self._network),
            *conference_table(self._network),
            *message_table(self._network),
            *number_table(self._network),
        ]
        return [Route(path, self._guarded(handler), methods=[method]) for method, path, handler in table]

    def _guarded(self, handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            try:
                self._authenticate(request)
                return await handler(request)
            except ApiError as error:
                headers = {"WWW-Authenticate": 'Basic realm="Twilio API"'} if error.status == 401 else None
                body = error_json(error.status, error.code, str(error))
                return JSONResponse(body, error.status, headers)

        return guarded

    def _authenticate(self, request: Request) -> None:
        settings = self._network.context.settings
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            user = password = ""
        right = hmac.compare_digest(password.encode(), settings.auth_token.get_secret_value().encode())
        if scheme.lower() != "basic" or not right or user != settings.account_sid:
            raise ApiError(401, 20003, "Authenticate")
        if request.path_params["account"] != settings.account_sid:
            raise not_found(request)
        check_account_status(request, settings)
        if refused := self._network.injected_error():
            raise ApiError(refused, *_REFUSALS[refused])

    async def _create_call(self, request: Request) -> Response:
        leg = await self._network.place_outbound(parse_call(Form(await request.form())))
        return JSONResponse(call_json(leg.record), 201)

    async def _list_calls(self, request: Request) -> Response:
        wanted = {
            name: request.query_params[key]
            for key, name in (
                ("To", "to"),
                ("From", "from_"),
                ("Status", "status"),
                ("ParentCallSid", "parent_sid"),
            )
            if key in request.query_params
        }
        records = [leg.record for leg in reversed(self._network.context.legs.values())]
        matching = [
            call_json(record)
            for record in records
            if all(getattr(record, name) == value for name, value in wanted.items())
        ]
        return page(request, "calls", matching)

    async def _fetch_call(self, request: Request) -> Response:
        return JSONResponse(call_json(self._leg(request).record))

    async def _update_call(self, request: Request) -> Response:
        leg, form = self._leg(request), Form(await request.form())
        sid, status = leg.record.sid, form.one("Status")
        twiml = parse_twiml_source(form)
        if twiml is not None:
            if not await self._network.update(sid, twiml):
                raise ApiError(*_NOT_IN_PROGRESS)
        elif status in ("completed", "canceled"):
            ringing = leg.record.status in ("queued", "initiated", "ringing")
            if status == "canceled" and not ringing:
                raise ApiError(400, 21220, "Call is not ringing. Cannot cancel.")
            if not self._network.end(sid):
                raise ApiError(*_NOT_IN_PROGRESS)
        elif status:
            raise ApiError(400, 21218, f"Invalid Status: {status}")
        return JSONResponse(call_json(leg.record))

    async def _create_stream(self, request: Request) -> Response:
        leg, wanted = self._leg(request), parse_stream(Form(await request.form()))
        stream = self._network.fork(leg.record.sid, wanted)
        if stream is None:
            raise ApiError(400, 21220, "Call is not in-progress, or has four streams. Cannot start a stream.")
        return JSONResponse(stream_json(leg.record, stream.sid, stream.name, time.time()), 201)

    async def _create_recording(self, request: Request) -> Response:
        leg = self._leg(request)
        if leg.record.status != "in-progress":
            raise ApiError(400, 21220, "Requested resource is not eligible for recording")
        options = parse_recording_options(Form(await request.form()), "StartCallRecordingAPI")
        faults = self._network.call_faults(leg.record.sid)
        recording = start_recording(self._network.context, leg, options, faults)
        return JSONResponse(recording_json(recording, of_call=True), 201)

    async def _update_recording(self, request: Request) -> Response:
        leg, wanted = self._leg(request), request.path_params["recording"]
        if Form(await request.form()).one("Status") != "stopped":
            raise ApiError(400, 21218, "Invalid Status: only stopped is supported")
        of_call = [r for r in self._network.context.recordings.values() if r.call_sid == leg.record.sid]
        running = [r for r in of_call if wanted in ("Twilio.CURRENT", r.sid)]
        if not running:
            raise not_found(request)
        faults = self._network.call_faults(leg.record.sid)
        stop_recording(self._network.context, leg, running[-1], faults)
        return JSONResponse(recording_json(running[-1], of_call=True))

    async def _list_recordings(self, request: Request) -> Response:
        call_sid = request.path_params.get("call") or request.query_params.get("CallSid")
        found = [
            recording_json(recording, of_call="call" in request.path_params)
            for recording in self._network.context.recordings.values()
            if call_sid in (None, recording.call_sid)
        ]
        return page(request, "recordings", found)

    async def _fetch_recording(self, request: Request) -> Response:
        return JSONResponse(recording_json(self._recording(request), of_call=False))

    async def _recording_wav(self, request: Request) -> Response:
        leg, recording = self._processed_recording(request)
        if request.query_params.get("RequestedChannels") == "2" and recording.channels != 2:
            raise ApiError(400, 20001, "The recording has one channel")
        audio = await asyncio.to_thread(recording_wav, leg, recording)
        return Response(audio, media_type="audio/x-wav")

    async def _recording_mp3(self, request: Request) -> Response:
        audio = await asyncio.to_thread(recording_mp3, *self._processed_recording(request))
        return Response(audio, media_type="audio/mpeg")

    def _processed_recording(self, request: Request) -> tuple[Leg, RecordingRecord]:
        """A recording whose audio is available, which it is not at once after its end."""
        recording = self._recording(request)
        leg = self._network.leg(recording.call_sid)
        ready_s = recording.updated_at + self._network.context.settings.recording_processing_ms / 1000
        if leg is None or not leg.has_audio or recording.end_byte is None or time.time() < ready_s:
            raise not_found(request)
        return leg, recording

    async def _delete_recording(self, request: Request) -> Response:
        del self._network.context.recordings[self._recording(request).sid]
        return Response(status_code=204)

    def _leg(self, request: Request) -> Leg:
        leg = self._network.leg(request.path_params["call"])
        if leg is None:
            raise not_found(request)
        return leg

    def _recording(self, request: Request) -> RecordingRecord:
        recording = self._network.context.recordings.get(request.path_params["recording"])
        if recording is None:
            raise not_found(request)
        return recording
