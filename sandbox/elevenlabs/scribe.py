"""The WebSocket of live transcription, `/v1/speech-to-text/realtime`."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.exception_groups import flatten_group
from sandbox.elevenlabs.client_message import Rejected
from sandbox.elevenlabs.rejections import rejection_response
from sandbox.elevenlabs.scribe_query import InvalidScribeQuery, ScribeQuery, read_scribe_query
from sandbox.elevenlabs.scribe_session import ScribeFailure, ScribeSession
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.emulator import Journal, RuntimeSettings
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.oracle import Oracle
from sandbox.recognition.recogniser import Recogniser, RecognitionError
from sandbox.recognition.stream import StreamContext
from sandbox.recognition.utterances import utterances_route

_HANG_S = 600.0
_SEND_TIMEOUT_S = 5.0
_POLICY_VIOLATION = 1008


class _CloseSocket(Exception):
    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code


class Scribe:
    """Serves live transcription. API keys that begin with `bad` are invalid."""

    def __init__(
        self,
        runtime_settings: RuntimeSettings[ElevenLabsSandboxSettings],
        journal: Journal,
        oracle: Oracle,
        recogniser: Recogniser,
    ) -> None:
        self._settings = runtime_settings
        self._journal = journal
        self._oracle = oracle
        self._recogniser = recogniser
        self._faults = SocketFaults(lambda: runtime_settings.current)
        self._open_sockets = 0

    def routes(self) -> list[BaseRoute]:
        """The WebSocket, and the endpoint of the callers' utterances."""
        return [
            WebSocketRoute("/v1/speech-to-text/realtime", self._serve),
            utterances_route(self._oracle),
        ]

    async def _serve(self, socket: WebSocket) -> None:
        denial = self._denial(socket)
        if denial is not None:
            await socket.send_denial_response(denial)
            return
        await socket.accept()
        self._journal.note("scribe_opened", query=str(socket.url.query))
        code, reason = 1000, ""
        self._open_sockets += 1
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._run(socket, self._check(socket), tasks)
        except* _CloseSocket as group:
            close = flatten_group(group)[0]
            code, reason = (close.code, str(close)) if isinstance(close, _CloseSocket) else (1011, "")
        except* ScribeFailure as group:
            code = await _fail(socket, flatten_group(group)[0])
        except* RecognitionError:
            code = await _fail(socket, ScribeFailure("transcriber_error", "Transcription failed."))
        except* WebSocketDisconnect:
            pass
        finally:
            self._open_sockets -= 1
        self._journal.note("scribe_closed", code=code)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _denial(self, socket: WebSocket) -> Response | None:
        settings = self._settings.current
        if settings.scribe_auth_in_message or _key_of(socket):
            return None
        return rejection_response(Rejected("invalid_api_key", "Invalid API key"))

    def _check(self, socket: WebSocket) -> ScribeQuery:
        settings = self._settings.current
        if not _key_of(socket):
            raise ScribeFailure("auth_error", "You must be authenticated to use this endpoint.")
        if settings.scribe_refuse and self._faults.take(socket.query_params.get("model_id", "")):
            raise ScribeFailure(settings.scribe_refuse, f"Refused: {settings.scribe_refuse}.")
        if settings.scribe_max_concurrency and self._open_sockets > settings.scribe_max_concurrency:
            raise ScribeFailure("rate_limited", "Too many concurrent realtime sessions for this plan.")
        try:
            return read_scribe_query(socket.query_params.multi_items())
        except InvalidScribeQuery as error:
            raise ScribeFailure("invalid_request", str(error)) from None

    async def _run(self, socket: WebSocket, query: ScribeQuery, tasks: asyncio.TaskGroup) -> None:
        lock = asyncio.Lock()

        async def send(message: dict[str, Any]) -> None:
            try:
                async with asyncio.timeout(_SEND_TIMEOUT_S), lock:
                    await socket.send_text(json.dumps(message))
            except TimeoutError:
                raise _CloseSocket(1011, "The client does not read its messages.") from None
            except RuntimeError:
                raise WebSocketDisconnect(1006) from None

        context = StreamContext(self._recogniser, lambda: self._settings.current, self._journal, "", tasks)
        session = ScribeSession(query, context, send)
        await session.open()
        received, faulted = 0, False
        while True:
            settings = self._settings.current
            text = await _receive(socket, settings.scribe_idle_s)
            # Base64 has four characters for three bytes; the message around it is short.
            received += len(text) * 3 // 4
            due = received >= settings.stt_fault_after_s * query.sample_rate_hz
            if settings.stt_fault and due and not faulted and self._faults.take(query.model_id):
                faulted = True
                await _inject_fault(settings.stt_fault, socket)
            await session.on_message(text)


def _key_of(socket: WebSocket) -> str:
    key = socket.headers.get("xi-api-key") or socket.query_params.get("token", "")
    return "" if key.startswith("bad") else key


async def _receive(socket: WebSocket, idle_s: float) -> str:
    """Return the next message; a socket without messages is closed, as ElevenLabs does."""
    try:
        async with asyncio.timeout(idle_s):
            frame = await socket.receive()
    except TimeoutError:
        raise _CloseSocket(1000) from None
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", 1005))
    return frame.get("text") or ""


async def _fail(socket: WebSocket, failure: BaseException) -> int:
    """Send an error message; returns the code to close with."""
    kind = failure.message_type if isinstance(failure, ScribeFailure) else "error"
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps({"message_type": kind, "error": str(failure)}))
    return _POLICY_VIOLATION


async def _inject_fault(fault: str, socket: WebSocket) -> None:
    match fault:
        case "hang":
            await asyncio.sleep(_HANG_S)
        case "close":
            raise _CloseSocket(1011, "internal error")
        case _:
            await socket.send_text("{this is no JSON")
