"""The emulator's sockets, and the endpoint where callers register their utterances."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.exception_groups import flatten_group
from sandbox.deepgram.account import account_routes
from sandbox.deepgram.decoder import Decoder, new_decoder
from sandbox.deepgram.flux import FluxSession
from sandbox.deepgram.frame_samples import UndecodableAudio
from sandbox.deepgram.handshake import read_credentials, rejection
from sandbox.deepgram.invalid_query import InvalidQuery
from sandbox.deepgram.nova import NovaSession
from sandbox.deepgram.query import Query, read_flux, read_nova
from sandbox.deepgram.settings import DeepgramSandboxSettings
from sandbox.deepgram.socket_context import SocketContext
from sandbox.deepgram.speak import SpeakSockets
from sandbox.emulator import Journal, RuntimeSettings, sandbox_routes
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, RecognitionError
from sandbox.recognition.utterances import utterances_route

_IDLE_TIMEOUT_S = 10.0
_IDLE_REASON = (
    "Deepgram did not receive audio data or a text message within the timeout window. "
    "See https://dpgr.am/net0001"
)
_UNDECODABLE = "Deepgram could not decode the audio. See https://dpgr.am/data0000"
_NO_RESPONSE = "Deepgram did not provide a response message. See https://dpgr.am/net0000"
_HANG_S = 600.0
_SEND_TIMEOUT_S = 5.0

_NewSession = Callable[[Query, SocketContext], NovaSession | FluxSession]
_ReadQuery = Callable[[Query], object]


class CloseSocket(Exception):
    """The socket must be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class DeepgramEmulator:
    """Serves `/v1/listen` (Nova), `/v2/listen` (Flux), `/v1/speak` (Aura-2) and the sandbox's own routes."""

    def __init__(self, settings: DeepgramSandboxSettings, oracle: Oracle, recogniser: Recogniser) -> None:
        self.journal = Journal()
        self.runtime_settings = RuntimeSettings(settings)
        self._oracle = oracle
        self._recogniser = recogniser
        self._faults = SocketFaults(lambda: self.runtime_settings.current)
        self._speak = SpeakSockets(self.runtime_settings, self.journal)

    def app(self) -> Starlette:
        """Build the ASGI application with all routes."""
        return Starlette(
            routes=[
                WebSocketRoute("/v1/listen", lambda socket: self._serve(socket, NovaSession, read_nova)),
                WebSocketRoute("/v2/listen", lambda socket: self._serve(socket, FluxSession, read_flux)),
                WebSocketRoute("/v1/speak", self._speak.serve),
                utterances_route(self._oracle),
                *account_routes(self.runtime_settings),
                *sandbox_routes(self.journal, self.runtime_settings),
            ]
        )

    async def _serve(self, socket: WebSocket, new_session: _NewSession, read_query: _ReadQuery) -> None:
        credentials = read_credentials(socket.headers, socket.scope["subprotocols"])
        rejected = self._rejection(socket, read_query, accepted=credentials.accepted)
        if rejected is not None:
            await socket.send_denial_response(rejected)
            return
        await socket.accept(credentials.subprotocol)
        tag = socket.query_params.get("tag", "")
        self.journal.note("opened", call_sid=tag, path=socket.url.path)
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._run_session(socket, new_session, tasks)
        except* CloseSocket as group:
            close = flatten_group(group)[0]
            code, reason = (close.code, str(close)) if isinstance(close, CloseSocket) else (1011, "")
        except* RecognitionError as group:
            code, reason = 1011, _NO_RESPONSE
            self.journal.note("recognition_failed", call_sid=tag, reason=str(flatten_group(group)[0]))
        except* WebSocketDisconnect:
            pass
        self.journal.note("closed", call_sid=tag, code=code)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _rejection(self, socket: WebSocket, read_query: _ReadQuery, *, accepted: bool) -> Response | None:
        """The response that rejects the handshake; None to accept it."""
        if not accepted:
            return rejection(401)
        status = self.runtime_settings.current.stt_refuse
        if status and self._take_fault(socket):
            return rejection(status)
        try:
            read_query(socket.query_params.multi_items())
        except InvalidQuery as error:
            return rejection(400, str(error), error.code)
        return None

    def _take_fault(self, socket: WebSocket) -> bool:
        """Whether this socket gets the configured fault; counts it if so."""
        return self._faults.take(socket.query_params.get("model", ""))

    async def _run_session(
        self, socket: WebSocket, new_session: _NewSession, tasks: asyncio.TaskGroup
    ) -> None:
        lock = asyncio.Lock()

        async def send(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_S), lock:
                    await socket.send_text(json.dumps(message))
            except TimeoutError:
                raise CloseSocket(1011, "The client does not read its messages.") from None
            except RuntimeError:
                # Starlette raises RuntimeError when the socket was closed in the meantime.
                raise WebSocketDisconnect(1006) from None

        tag = socket.query_params.get("tag", "")
        context = SocketContext(self._recogniser, self.runtime_settings, self.journal, tag, send, tasks)
        session = new_session(socket.query_params.multi_items(), context)
        await session.open()
        receiver = _Receiver(session)
        received_bytes, faulted = 0, False
        try:
            while True:
                raw = await _receive(socket)
                audio = raw.get("bytes")
                if audio is not None:
                    received_bytes += len(audio)
                    settings = self.runtime_settings.current
                    due = received_bytes >= settings.stt_fault_after_s * 8000
                    if settings.stt_fault and not faulted and due and self._take_fault(socket):
                        faulted = True
                        await _inject_fault(settings.stt_fault, socket)
                    await receiver.on_audio(audio)
                elif not await receiver.on_message(_json(raw.get("text"))):
                    raise CloseSocket(1000, "")
        finally:
            await receiver.close()


class _Receiver:
    """Decodes a client's audio for its session."""

    def __init__(self, session: NovaSession | FluxSession) -> None:
        self._session = session
        self._decoder: Decoder | None = None

    async def on_audio(self, audio: bytes) -> None:
        if not audio:
            raise CloseSocket(1008, _UNDECODABLE)
        if self._decoder is None:
            self._decoder = new_decoder(self._session.audio_format, audio)
        try:
            await self._push(await self._decoder.decode(audio))
        except UndecodableAudio:
            raise CloseSocket(1008, _UNDECODABLE) from None

    async def on_message(self, message: dict[str, Any]) -> bool:
        if message.get("type") == "CloseStream" and self._decoder is not None:
            decoder, self._decoder = self._decoder, None
            await self._push(await decoder.finish())
        return await self._session.on_message(message)

    async def _push(self, channels: Sequence[bytes]) -> None:
        for number, mulaw in enumerate(channels):
            if mulaw:
                await self._session.on_audio(mulaw, number)

    async def close(self) -> None:
        if self._decoder is not None:
            await self._decoder.finish()


async def _receive(socket: WebSocket) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_IDLE_TIMEOUT_S):
            raw = await socket.receive()
    except TimeoutError:
        raise CloseSocket(1011, _IDLE_REASON) from None
    if raw["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(raw.get("code", 1005))
    return dict(raw)


def _json(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads(text or "")
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


async def _inject_fault(fault: str, socket: WebSocket) -> None:
    match fault:
        case "hang":
            await asyncio.sleep(_HANG_S)
        case "close":
            raise CloseSocket(1011, _NO_RESPONSE)
        case _:
            await socket.send_text("{this is no JSON")
