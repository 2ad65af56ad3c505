"""The sockets, and what tests and callers tell the stand-in beforehand."""

import asyncio
import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.deepgram.flux import Flux
from sandbox.deepgram.nova import Nova
from sandbox.deepgram.oracle import Oracle
from sandbox.deepgram.recogniser import Recogniser
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.stand_in import Dials, Journal, sandbox_routes

_IDLE_S = 10.0
_IDLE_REASON = (
    "Deepgram did not receive audio data or a text message within the timeout window. "
    "See https://dpgr.am/net0001"
)
_UNDECODABLE = "Deepgram could not decode the audio. See https://dpgr.am/data0000"
_HANG_S = 600.0
_WORDS_OF = {400: "BAD_REQUEST", 401: "INVALID_AUTH", 402: "ASR_PAYMENT_REQUIRED", 429: "TOO_MANY_REQUESTS"}


class Over(Exception):
    """The socket is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Listen:
    """The stand-in."""

    def __init__(self, settings: DeepgramSandboxSettings, oracle: Oracle, recogniser: Recogniser) -> None:
        self.journal = Journal()
        self.dials = Dials(settings)
        self._oracle = oracle
        self._recogniser = recogniser
        self._faults = 0

    def app(self) -> Starlette:
        """All routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/v1/listen", lambda socket: self._serve(socket, Nova)),
                WebSocketRoute("/v2/listen", lambda socket: self._serve(socket, Flux)),
                Route("/sandbox/utterances", self._utterances, methods=["POST"]),
                *sandbox_routes(self.journal, self.dials),
            ]
        )

    async def _utterances(self, request: Request) -> Response:
        try:
            known = self._oracle.register((await request.json())["utterances"])
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({"known": known})

    async def _serve(self, socket: WebSocket, wire: Callable[..., Nova | Flux]) -> None:
        status = self._refusal(socket)
        if status:
            await socket.send_denial_response(_denial(status))
            return
        await socket.accept()
        tag = socket.query_params.get("tag", "")
        self.journal.note("opened", call_sid=tag, path=socket.url.path)
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._talk(socket, wire, tasks)
        except* Over as group:
            over = group.exceptions[0]
            code, reason = (over.code, str(over)) if isinstance(over, Over) else (1011, "")
        except* (WebSocketDisconnect, RuntimeError):
            pass
        self.journal.note("closed", call_sid=tag, code=code)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _refusal(self, socket: WebSocket) -> int:
        """HTTP status to refuse the handshake with; 0 to let it in."""
        scheme, _, key = socket.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer") or not key or key.startswith("bad"):
            return 401
        if self.dials.now.stt_refuse and self._faulty():
            return self.dials.now.stt_refuse
        query = socket.query_params
        telephone = query.get("encoding") == "mulaw" and query.get("sample_rate") == "8000"
        return 0 if telephone and query.get("model") else 400

    def _faulty(self) -> bool:
        if self._faults >= self.dials.now.stt_fault_sockets:
            return False
        self._faults += 1
        return True

    async def _talk(
        self, socket: WebSocket, wire: Callable[..., Nova | Flux], tasks: asyncio.TaskGroup
    ) -> None:
        lock = asyncio.Lock()

        async def send(message: dict[str, Any]) -> None:
            async with lock:
                await socket.send_text(json.dumps(message))

        query = dict(socket.query_params)
        session = wire(query, self._recogniser, self.dials, self.journal, send, tasks)
        await session.greet()
        fault = self.dials.now.stt_fault if self.dials.now.stt_fault and self._faulty() else ""
        heard_bytes = 0
        while True:
            raw = await _receive(socket)
            data = raw.get("bytes")
            if data is not None:
                if not data:
                    raise Over(1008, _UNDECODABLE)
                heard_bytes += len(data)
                if fault and heard_bytes >= self.dials.now.stt_fault_after_s * 8000:
                    await _misbehave(fault, socket)
                    fault = ""
                await session.sound(data)
            elif not await session.message(_json(raw.get("text"))):
                raise Over(1000, "")


async def _receive(socket: WebSocket) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_IDLE_S):
            raw = await socket.receive()
    except TimeoutError:
        raise Over(1011, _IDLE_REASON) from None
    if raw["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(raw.get("code", 1005))
    return dict(raw)


def _json(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


async def _misbehave(fault: str, socket: WebSocket) -> None:
    match fault:
        case "hang":
            await asyncio.sleep(_HANG_S)
        case "close":
            raise Over(1011, "Deepgram did not provide a response message. See https://dpgr.am/net0000")
        case _:
            await socket.send_text("{this is no JSON")


def _denial(status: int) -> Response:
    request_id = str(uuid.uuid4())
    word = _WORDS_OF.get(status, "INTERNAL")
    body = {"err_code": word, "err_msg": "Refused by the sandbox.", "request_id": request_id}
    return JSONResponse(body, status_code=status, headers={"dg-error": word, "dg-request-id": request_id})
