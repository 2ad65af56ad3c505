"""The sockets, and what tests and callers tell the stand-in beforehand."""

import asyncio
import json
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
from sandbox.deepgram.query import BadQuery, Query, read_flux, read_nova
from sandbox.deepgram.recogniser import Recogniser, RecogniserFailed
from sandbox.deepgram.refusal import credentials, refusal
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes

_IDLE_S = 10.0
_IDLE_REASON = (
    "Deepgram did not receive audio data or a text message within the timeout window. "
    "See https://dpgr.am/net0001"
)
_UNDECODABLE = "Deepgram could not decode the audio. See https://dpgr.am/data0000"
_HANG_S = 600.0
_NO_ANSWER = "Deepgram did not provide a response message. See https://dpgr.am/net0000"
_SEND_TIMEOUT_S = 5.0


class Over(Exception):
    """The socket is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Listen:
    """The stand-in."""

    def __init__(self, settings: DeepgramSandboxSettings, oracle: Oracle, recogniser: Recogniser) -> None:
        self.journal = Journal()
        self.dials = RuntimeSettings(settings)
        self._oracle = oracle
        self._recogniser = recogniser
        self._faults = 0

    def app(self) -> Starlette:
        """All routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/v1/listen", lambda socket: self._serve(socket, Nova, read_nova)),
                WebSocketRoute("/v2/listen", lambda socket: self._serve(socket, Flux, read_flux)),
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

    async def _serve(
        self, socket: WebSocket, wire: Callable[..., Nova | Flux], read: Callable[[Query], object]
    ) -> None:
        shown = credentials(socket.headers, socket.scope["subprotocols"])
        refused = self._refusal(socket, read, accepted=shown.accepted)
        if refused is not None:
            await socket.send_denial_response(refused)
            return
        await socket.accept(shown.subprotocol)
        tag = socket.query_params.get("tag", "")
        self.journal.note("opened", call_sid=tag, path=socket.url.path)
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._talk(socket, wire, tasks)
        except* Over as group:
            over = group.exceptions[0]
            code, reason = (over.code, str(over)) if isinstance(over, Over) else (1011, "")
        except* RecogniserFailed as group:
            code, reason = 1011, _NO_ANSWER
            self.journal.note("recogniser_failed", call_sid=tag, reason=str(group.exceptions[0]))
        except* WebSocketDisconnect:
            pass
        self.journal.note("closed", call_sid=tag, code=code)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _refusal(
        self, socket: WebSocket, read: Callable[[Query], object], *, accepted: bool
    ) -> Response | None:
        """How to refuse the handshake; None to let it in."""
        if not accepted:
            return refusal(401)
        if self.dials.current.stt_refuse and self._faulty(socket):
            return refusal(self.dials.current.stt_refuse)
        try:
            read(socket.query_params.multi_items())
        except BadQuery as error:
            return refusal(400, str(error))
        return None

    def _faulty(self, socket: WebSocket) -> bool:
        if self.dials.current.stt_fault_model not in ("", socket.query_params.get("model")):
            return False
        if self._faults >= self.dials.current.stt_fault_sockets:
            return False
        self._faults += 1
        return True

    async def _talk(
        self, socket: WebSocket, wire: Callable[..., Nova | Flux], tasks: asyncio.TaskGroup
    ) -> None:
        lock = asyncio.Lock()

        async def send(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_S), lock:
                    await socket.send_text(json.dumps(message))
            except TimeoutError:
                raise Over(1011, "The messages are not read.") from None
            except RuntimeError:
                # Starlette's word for a socket that was closed a moment ago.
                raise WebSocketDisconnect(1006) from None

        query = socket.query_params.multi_items()
        session = wire(query, self._recogniser, self.dials, self.journal, send, tasks)
        await session.greet()
        heard_bytes, met = 0, False
        while True:
            raw = await _receive(socket)
            data = raw.get("bytes")
            if data is not None:
                if not data:
                    raise Over(1008, _UNDECODABLE)
                heard_bytes += len(data)
                now = self.dials.current
                due = now.stt_fault and not met and heard_bytes >= now.stt_fault_after_s * 8000
                if due and self._faulty(socket):
                    met = True
                    await _misbehave(now.stt_fault, socket)
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
            raise Over(1011, _NO_ANSWER)
        case _:
            await socket.send_text("{this is no JSON")
