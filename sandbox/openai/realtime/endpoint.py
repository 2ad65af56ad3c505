"""The endpoint `/v1/realtime`: accepts clients, and ends their sessions."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, date, datetime

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.exception_groups import flatten_group
from sandbox.openai import errors
from sandbox.openai.errors import ApiError
from sandbox.openai.exchange import Exchanges
from sandbox.openai.http_faults import error_response
from sandbox.openai.realtime.client_events import parse
from sandbox.openai.realtime.conversation import Conversation
from sandbox.openai.realtime.events import error_event, new_id
from sandbox.openai.realtime.listener import Listener
from sandbox.openai.realtime.models import find_family
from sandbox.openai.realtime.outgoing import AbortSession, CloseSession, Outgoing
from sandbox.openai.realtime.responder import SessionParts
from sandbox.openai.realtime.session import RealtimeSession
from sandbox.openai.realtime.session_config import SessionConfig
from sandbox.openai.realtime_faults import session_error
from sandbox.recognition.faults import SocketFaults
from sandbox.recognition.recogniser import Recogniser, RecognitionError

_CLOSE_CODES = {
    "invalid_api_key": 3000,
    "missing_scope": 3000,
    "insufficient_quota": 1013,
    "rate_limit_exceeded": 1013,
}
"""Codes of the close frame after an error that ends a session; 4000 for all others."""
MAX_MESSAGE_BYTES = 21 * 1024 * 1024
"""An event may contain 15 MiB of audio, in base64."""
_CALL_HEADER = "openai-safety-identifier"


class RealtimeEndpoint:
    """Serves Realtime sessions."""

    def __init__(self, exchanges: Exchanges, recogniser: Recogniser) -> None:
        self._exchanges = exchanges
        self._recogniser = recogniser
        self._faults = SocketFaults(lambda: exchanges.settings)

    async def serve(self, socket: WebSocket) -> None:
        """Serve one connection until it ends."""
        model = socket.query_params.get("model", "")
        if refused := self._refusal(model):
            await socket.send_denial_response(refused)
            return
        await socket.accept("realtime" if "realtime" in socket.scope["subprotocols"] else None)
        call_sid = socket.headers.get(_CALL_HEADER, "")
        journal = self._exchanges.journal
        journal.note("realtime_opened", call_sid=call_sid, model=model)
        code, reason = 1000, ""
        try:
            await self._run(socket, model, call_sid)
        except* CloseSession as group:
            first = flatten_group(group)[0]
            code, reason = (first.code, str(first)) if isinstance(first, CloseSession) else (1011, "")
        except* RecognitionError as group:
            code, reason = 1011, "server_error"
            journal.note("recognition_failed", call_sid=call_sid, reason=str(flatten_group(group)[0]))
        except* AbortSession:
            # uvicorn drops the connection without a close frame.
            raise ConnectionResetError("dropped by the sandbox's settings") from None
        except* WebSocketDisconnect:
            pass
        finally:
            journal.note("realtime_closed", call_sid=call_sid, code=code)
        with suppress(RuntimeError, WebSocketDisconnect):
            if socket.application_state is WebSocketState.CONNECTED:
                await socket.close(code, reason)

    def _refusal(self, model: str) -> Response | None:
        """The response that refuses the upgrade."""
        status = self._exchanges.settings.realtime_refuse
        if not status or not self._exchanges.take_realtime_refusal(model):
            return None
        return error_response(errors.of_status(status, "Rejected by the sandbox's settings."))

    async def _run(self, socket: WebSocket, model: str, call_sid: str) -> None:
        outgoing, settings = Outgoing(socket), self._exchanges.settings
        if error := self._session_error(socket, model):
            await outgoing.send(error_event(error))
            raise CloseSession(_CLOSE_CODES.get(error.code or "", 4000), f"{error.kind}.{error.code}")
        expires_at = int(time.time() + settings.realtime_session_s)
        config = SessionConfig(new_id("sess"), expires_at, model)
        async with asyncio.TaskGroup() as tasks:
            listener = Listener(self._recogniser, outgoing, tasks)
            parts = SessionParts(self._exchanges, config, Conversation(), listener, outgoing, tasks, call_sid)
            session = RealtimeSession(parts, self._faults)
            await session.open()
            try:
                async with asyncio.timeout(settings.realtime_session_s):
                    await _receive_all(socket, session)
            except TimeoutError:
                await _expire(outgoing, settings.realtime_session_s)

    def _session_error(self, socket: WebSocket, model: str) -> ApiError | None:
        """Why the session ends right after the upgrade."""
        key = _key(socket)
        if not key or key.startswith("bad"):
            return errors.invalid_key(key)
        settings = self._exchanges.settings
        if settings.realtime_missing_scopes:
            return _missing_scopes(settings.realtime_missing_scopes)
        if "openai-beta" in socket.headers:
            text = "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
            return ApiError(text, None, "beta_api_shape_disabled")
        if settings.realtime_error and self._exchanges.take_realtime_refusal(model):
            return session_error(settings.realtime_error)
        return _query_error(socket, model, settings.llm_date or datetime.now(UTC).date())


def _query_error(socket: WebSocket, model: str, today: date) -> ApiError | None:
    intent = socket.query_params.get("intent")
    if intent not in (None, "transcription", "conversation"):
        return ApiError("Invalid intent.", None, "invalid_intent")
    if intent == "transcription":
        text = "You must not provide a model parameter for transcription sessions."
        return ApiError(text, None, "invalid_model") if model else None
    if not model:
        text = "You must provide a model parameter, for example /v1/realtime?model=gpt-realtime-2.1"
        return ApiError(text, None, "missing_model")
    family = find_family(model, today)
    if family is None:
        text = f'Model "{model}" is not supported in realtime mode.'
        return ApiError(text, None, "invalid_model")
    if family.transcribes:
        text = f'Model "{model}" is a transcription model and cannot be used as the realtime session model.'
        return ApiError(text, None, "invalid_model")
    return None


def _key(socket: WebSocket) -> str:
    """The key: in the header, or in a subprotocol, where browsers must put it."""
    header = socket.headers.get("authorization", "")
    if header:
        return header.removeprefix("Bearer ").strip()
    prefix = "openai-insecure-api-key."
    protocols = socket.scope["subprotocols"]
    return next((name.removeprefix(prefix) for name in protocols if name.startswith(prefix)), "")


def _missing_scopes(scopes: tuple[str, ...]) -> ApiError:
    text = (
        f"You have insufficient permissions for this operation. Missing scopes: {', '.join(scopes)}. Check "
        "that you have the correct role in your organization and project."
    )
    return ApiError(text, None, "missing_scope")


async def _receive_all(socket: WebSocket, session: RealtimeSession) -> None:
    """Handle the client's events until it disconnects."""
    while True:
        raw = await socket.receive()
        if raw["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(raw.get("code", 1005))
        text = raw.get("text")
        if text is None:
            problem = "Expected a text WebSocket message; binary frames are not supported."
            await session.handle({}, ApiError(problem, None, "invalid_event"))
        else:
            await session.handle(*parse(text))


async def _expire(outgoing: Outgoing, session_s: float) -> None:
    minutes = f"{session_s / 60:g}"
    error = ApiError(f"Your session hit the maximum duration of {minutes} minutes.", None, "session_expired")
    await outgoing.send(error_event(error))
    raise CloseSession(1001, f"{error.kind}.{error.code}")
