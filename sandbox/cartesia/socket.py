"""The WebSocket endpoint, which multiplexes contexts."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.cartesia.context import AbortConnection, Context, EmulatorState
from sandbox.cartesia.errors import Rejected
from sandbox.cartesia.generation_request import CancelRequest, GenerationRequest, context_of, read_message

VERSIONS = ("2024-06-10", "2024-11-13", "2025-04-16", "2026-03-01", "2026-08-14")
_SOCKETS_PER_CONTEXT = 10
_IDLE_REASON = "connection idle timeout"


def check_handshake(headers: Headers, query: QueryParams) -> str:
    """Return the version of the API that a request names.

    Raises:
        Rejected: the version is missing or unknown, or the key is missing or wrong.
    """
    version = query.get("cartesia_version") or headers.get("cartesia-version") or ""
    if version not in VERSIONS:
        raise Rejected("", f"Cartesia-Version must be one of {', '.join(VERSIONS)}.")
    scheme, _, token = headers.get("authorization", "").partition(" ")
    key = token if scheme.lower() == "bearer" else headers.get("x-api-key") or query.get("api_key") or ""
    if not key or key.startswith("bad"):
        raise Rejected("unauthorized", "The API key is missing or invalid.")
    return version


class Sockets:
    """Serves /tts/websocket."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state
        self._open = 0

    async def serve(self, socket: WebSocket) -> None:
        """Serve one WebSocket."""
        try:
            version = check_handshake(socket.headers, socket.query_params)
            self._check_sockets()
        except Rejected as rejected:
            await socket.send_denial_response(rejected.response(VERSIONS[-1]))
            return
        await socket.accept()
        self._open += 1
        self._state.journal.note("opened", path=socket.url.path)
        code, reason = 1000, ""
        try:
            async with asyncio.TaskGroup() as tasks:
                await _Connection(socket, self._state, version, tasks).run()
        except* _IdleTimeout:
            reason = _IDLE_REASON
        except* AbortConnection:
            code = 1011
        except* (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            self._open -= 1
            with suppress(RuntimeError, WebSocketDisconnect):
                if socket.application_state is WebSocketState.CONNECTED:
                    await socket.close(code, reason)
            self._state.journal.note("closed", path=socket.url.path)

    def _check_sockets(self) -> None:
        limit = self._state.runtime_settings.current.cartesia_concurrency * _SOCKETS_PER_CONTEXT
        if limit and self._open >= limit:
            raise Rejected("concurrency_limited", "You have exceeded your plan's WebSocket limit.")


class _IdleTimeout(Exception):
    """No message has arrived for too long."""


class _Connection:
    def __init__(
        self, socket: WebSocket, state: EmulatorState, version: str, tasks: asyncio.TaskGroup
    ) -> None:
        self._socket = socket
        self._state = state
        self._version = version
        self._tasks = tasks
        self._lock = asyncio.Lock()
        self._contexts: dict[str, Context] = {}

    async def run(self) -> None:
        """Read messages until the client closes; an invalid one is answered with an error event."""
        while True:
            raw = await self._receive()
            try:
                message = read_message(raw)
                if isinstance(message, CancelRequest):
                    # A context that is unknown or complete is cancelled without an error.
                    if (context := self._contexts.get(message.context_id)) and not context.ended:
                        context.cancel()
                else:
                    self._context(message).on_request(message)
            except Rejected as rejected:
                await self._send(rejected.event(self._version, context_of(raw)))

    async def _receive(self) -> str | bytes | None:
        try:
            async with asyncio.timeout(self._state.runtime_settings.current.cartesia_idle_s):
                frame = await self._socket.receive()
        except TimeoutError:
            raise _IdleTimeout from None
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        text = frame.get("text")
        return text if text is not None else frame.get("bytes")

    def _context(self, request: GenerationRequest) -> Context:
        found = self._contexts.get(request.context_id)
        if found is not None:
            return found
        if not request.transcript.strip():
            raise Rejected("", "transcript must not be empty.")
        limit = self._state.runtime_settings.current.cartesia_concurrency
        if limit and len(self._state.active) >= limit:
            raise Rejected("concurrency_limited", "You have exceeded your plan's concurrency limit.")
        context = self._contexts[request.context_id] = Context(request, self._state, self._send)
        self._tasks.create_task(self._run(context))
        return context

    async def _run(self, context: Context) -> None:
        try:
            await context.run()
        except Rejected as rejected:
            await self._send(rejected.event(self._version, context.name))

    async def _send(self, event: dict[str, Any]) -> None:
        async with self._lock:
            await self._socket.send_text(json.dumps(event))
