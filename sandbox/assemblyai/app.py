"""The emulator's WebSocket, `/v3/ws`."""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.exception_groups import flatten_group
from sandbox.assemblyai.failure import REFUSALS, SessionFailure
from sandbox.assemblyai.query import SessionQuery, read_query
from sandbox.assemblyai.session import Session
from sandbox.assemblyai.settings import AssemblyAiSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, RecognitionError
from sandbox.recognition.stream import StreamContext
from sandbox.recognition.utterances import utterances_route

_HANG_S = 600.0
_MAX_TOKEN_S = 600
_SEND_TIMEOUT_S = 5.0
_MAX_REASON_BYTES = 123
_SEE_MESSAGE = "See Error message for details"


class AssemblyAiEmulator:
    """Serves live transcription. API keys that begin with `bad` are invalid."""

    def __init__(self, settings: AssemblyAiSandboxSettings, oracle: Oracle, recogniser: Recogniser) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._oracle = oracle
        self._recogniser = recogniser
        self._faults = SocketFaults(lambda: self.runtime_settings.current)
        self._sessions = 0

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/v3/ws", self._serve),
                Route("/v3/token", self._token),
                utterances_route(self._oracle),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )

    async def _token(self, request: Request) -> Response:
        """A token for one session, which the emulator takes as a key."""
        key = request.headers.get("authorization", "")
        if not key or key.startswith("bad"):
            return JSONResponse({"error": "Authentication error, API token missing/invalid"}, 401)
        seconds = request.query_params.get("expires_in_seconds", "")
        if not seconds.isdecimal() or not 1 <= int(seconds) <= _MAX_TOKEN_S:
            return JSONResponse({"error": "expires_in_seconds must be between 1 and 600"}, 400)
        return JSONResponse({"token": str(uuid.uuid4()), "expires_in_seconds": int(seconds)})

    async def _serve(self, socket: WebSocket) -> None:
        # AssemblyAI accepts every upgrade, and reports what is wrong in a message.
        await socket.accept()
        self.journal.note("opened", query=str(socket.url.query))
        code, reason = 1000, ""
        self._sessions += 1
        try:
            query = self._check(socket)
            async with asyncio.timeout(self.runtime_settings.current.assemblyai_session_s):
                async with asyncio.TaskGroup() as tasks:
                    await self._run(socket, query, tasks)
        except* SessionFailure as group:
            code, reason = await _fail(socket, flatten_group(group)[0])
        except* RecognitionError:
            code, reason = await _fail(socket, SessionFailure(3005, REFUSALS[3005]))
        except* TimeoutError:
            expired = SessionFailure(3008, "Session Expired: Maximum session duration exceeded")
            code, reason = await _fail(socket, expired)
        except* WebSocketDisconnect:
            pass
        finally:
            self._sessions -= 1
        self.journal.note("closed", code=code, reason=reason)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _check(self, socket: WebSocket) -> SessionQuery:
        settings = self.runtime_settings.current
        key = socket.headers.get("authorization") or socket.query_params.get("token", "")
        if not key or key.startswith("bad"):
            raise SessionFailure(1008, REFUSALS[1008])
        refusal = settings.assemblyai_refuse
        if refusal and self._faults.take(socket.query_params.get("speech_model", "")):
            raise SessionFailure(refusal, REFUSALS.get(refusal, "Refused by the sandbox's settings"))
        if settings.assemblyai_max_sessions and self._sessions > settings.assemblyai_max_sessions:
            raise SessionFailure(3009, REFUSALS[3009])
        return read_query(socket.query_params.multi_items())

    async def _run(self, socket: WebSocket, query: SessionQuery, tasks: asyncio.TaskGroup) -> None:
        lock = asyncio.Lock()

        async def send(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_S), lock:
                    await socket.send_text(json.dumps(message))
            except (TimeoutError, RuntimeError):
                raise WebSocketDisconnect(1006) from None

        def current() -> AssemblyAiSandboxSettings:
            return self.runtime_settings.current

        context = StreamContext(self._recogniser, current, self.journal, "", tasks)
        session = Session(query, context, current, send)
        await session.open()
        received, faulted = 0, False
        while True:
            frame = await _receive(socket, query.inactivity_timeout)
            data = frame.get("bytes")
            if data is None:
                if not await session.on_text(frame.get("text") or ""):
                    return
                continue
            received += len(data)
            due = received >= current().stt_fault_after_s * query.sample_rate
            if current().stt_fault and due and not faulted and self._faults.take(query.speech_model):
                faulted = True
                await _inject_fault(current().stt_fault, socket)
            await session.on_audio(data)


async def _receive(socket: WebSocket, inactivity_s: int | None) -> dict[str, Any]:
    try:
        async with asyncio.timeout(inactivity_s):
            frame = await socket.receive()
    except TimeoutError:
        raise SessionFailure(4031, "Session idle for too long") from None
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", 1005))
    return dict(frame)


async def _fail(socket: WebSocket, failure: BaseException) -> tuple[int, str]:
    """Send an error message; returns the code and the reason to close with."""
    code = failure.code if isinstance(failure, SessionFailure) else 3005
    text = str(failure)
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps({"type": "Error", "error_code": code, "error": text}))
    return code, text if len(text.encode()) <= _MAX_REASON_BYTES else _SEE_MESSAGE


async def _inject_fault(fault: str, socket: WebSocket) -> None:
    match fault:
        case "hang":
            await asyncio.sleep(_HANG_S)
        case "close":
            raise SessionFailure(3005, REFUSALS[3005])
        case _:
            await socket.send_text("{this is no JSON")
