"""The WebSocket endpoints: stream-input (one stream) and multi-stream-input (up to five contexts)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from parley.exception_groups import flatten_group
from sandbox.elevenlabs.client_message import ClientMessage, Rejected, read_message
from sandbox.elevenlabs.context import AbortConnection, Context, EmulatorState, SocketOptions
from sandbox.elevenlabs.frames import in_snake_case
from sandbox.elevenlabs.models import check_language, find_model
from sandbox.elevenlabs.output_format import STREAMING_FORMATS
from sandbox.elevenlabs.rejections import read_output_format, rejection_response
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.elevenlabs.voices import check_voice_id

_MAX_CONTEXTS = 5
_TOO_MANY_CONTEXTS = (
    f"Maximum simultaneous contexts per WebSocket connection exceeded ({_MAX_CONTEXTS}). "
    "Please close an existing context before opening a new one."
)
_POLICY_VIOLATION = 1008
_MAX_TIMEOUT_S = 180.0

Handler = Callable[["_Connection", asyncio.TaskGroup], Awaitable[None]]


class _Connection:
    """One socket: its parameters, and the messages in both directions."""

    def __init__(self, socket: WebSocket, state: EmulatorState) -> None:
        self._socket = socket
        self._state = state
        self._lock = asyncio.Lock()
        self._timeout_s = _timeout_s(socket.query_params.get("inactivity_timeout", "20"))
        self._key = socket.headers.get("xi-api-key", "")
        self._options = _read_options(socket, state.runtime_settings.current)

    def new_context(self, name: str, more: dict[str, Any]) -> Context:
        """Create a context whose frames carry these additional fields."""

        async def send(frame: dict[str, Any]) -> None:
            async with self._lock:
                await self._socket.send_text(self._encoded(frame | more))

        return Context(name, self._options, self._state, send)

    def _encoded(self, frame: dict[str, Any]) -> str:
        snake_case = self._state.runtime_settings.current.tts_snake_case
        return json.dumps(in_snake_case(frame) if snake_case else frame)

    async def receive(self) -> ClientMessage:
        """Return the next message; if the headers have no API key, the first message must contain it."""
        try:
            async with asyncio.timeout(self._timeout_s):
                frame = await self._socket.receive()
        except TimeoutError:
            text = (
                f"Have not received a new text input within the timeout of {self._timeout_s:g} seconds. "
                "Streaming input terminated. Please make sure to send text or to close the stream in time."
            )
            raise Rejected("input_timeout_exceeded", text) from None
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        message = read_message(frame.get("text"))
        self._key = self._key or message.key or ""
        if not self._key or self._key.startswith("bad"):
            raise Rejected("invalid_api_key", "Invalid API key")
        return message


class Sockets:
    """Serves both WebSocket endpoints."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state

    async def stream_input(self, socket: WebSocket) -> None:
        """Serve /v1/text-to-speech/{voice_id}/stream-input."""
        await self._serve(socket, _stream_input)

    async def multi_stream_input(self, socket: WebSocket) -> None:
        """Serve /v1/text-to-speech/{voice_id}/multi-stream-input."""
        await self._serve(socket, _multi_stream_input)

    async def _serve(self, socket: WebSocket, handle: Handler) -> None:
        key = socket.headers.get("xi-api-key")
        if rejected := self._denial(socket, key):
            await socket.send_denial_response(rejection_response(rejected))
            return
        await socket.accept()
        self._state.journal.note("opened", path=socket.url.path)
        try:
            self._check()
            connection = _Connection(socket, self._state)
            async with asyncio.TaskGroup() as tasks:
                await handle(connection, tasks)
        except* Rejected as group:
            await _send_error(socket, _first(group))
        except* (WebSocketDisconnect, AbortConnection, RuntimeError):
            pass
        finally:
            with suppress(RuntimeError, WebSocketDisconnect):
                if socket.application_state is WebSocketState.CONNECTED:
                    await socket.close(1000)
            self._state.journal.note("closed", path=socket.url.path)

    def _denial(self, socket: WebSocket, key: str | None) -> Rejected | None:
        """Why the upgrade is rejected; other reasons are sent in a frame after it."""
        in_frame = self._state.runtime_settings.current.tts_auth_in_frame
        if key is not None and (not key or key.startswith("bad")) and not in_frame:
            return Rejected("invalid_api_key", "Invalid API key")
        model_id = socket.query_params.get("model_id", "")
        if model_id.startswith("eleven_v3"):
            return Rejected("model_access_denied", f"Model '{model_id}' is not available over WebSockets.")
        return None

    def _check(self) -> None:
        if code := self._state.runtime_settings.current.tts_refuse:
            raise Rejected(code, "Rejected by the sandbox's settings.")


async def _stream_input(connection: _Connection, tasks: asyncio.TaskGroup) -> None:
    context = connection.new_context("", {})
    running = tasks.create_task(context.run())
    while True:
        message = await connection.receive()
        if message.text == "":
            await context.close()
            await running
            return
        await context.on_message(message)


async def _multi_stream_input(connection: _Connection, tasks: asyncio.TaskGroup) -> None:
    contexts: dict[str, Context] = {}
    running: set[asyncio.Task[None]] = set()
    while True:
        message = await connection.receive()
        if message.close_socket:
            for context in contexts.values():
                await context.close()
            await asyncio.gather(*running)
            return
        name = message.context_id or "default"
        if message.close_context:
            # Closing an unknown or closed context must not open it.
            if name in contexts:
                await contexts.pop(name).close_context()
            continue
        if name not in contexts:
            running = {task for task in running if not task.done()}
            if len(running) >= _MAX_CONTEXTS:
                raise Rejected("max_active_conversations", _TOO_MANY_CONTEXTS)
            contexts[name] = connection.new_context(name, {"contextId": name})
            running.add(tasks.create_task(contexts[name].run()))
        await contexts[name].on_message(message)


def _read_options(socket: WebSocket, settings: ElevenLabsSandboxSettings) -> SocketOptions:
    query, voice_id = socket.query_params, socket.path_params["voice_id"]
    if rejected := check_voice_id(voice_id, settings.tts_tier, premade=settings.tts_premade_voices):
        raise rejected
    model = find_model(query.get("model_id"))
    check_language(model, query.get("language_code"))
    return SocketOptions(
        voice_id=voice_id,
        model=model,
        output_format=read_output_format(query.get("output_format"), STREAMING_FORMATS, settings.tts_tier),
        auto_mode=_is_true(query.get("auto_mode")),
        ssml=_is_true(query.get("enable_ssml_parsing")),
    )


def _is_true(text: str | None) -> bool:
    return (text or "").lower() == "true"


def _timeout_s(text: str) -> float:
    try:
        timeout_s = float(text)
    except ValueError:
        timeout_s = 0.0
    if not 0 < timeout_s <= _MAX_TIMEOUT_S:
        raise Rejected("invalid_request", f"inactivity_timeout must be within 1 and {_MAX_TIMEOUT_S:g}.")
    return timeout_s


def _first(group: BaseExceptionGroup[Rejected]) -> Rejected:
    error = flatten_group(group)[0]
    return error if isinstance(error, Rejected) else Rejected("something_went_wrong", str(error))


async def _send_error(socket: WebSocket, rejected: Rejected) -> None:
    frame = {"message": str(rejected), "error": rejected.code, "code": _POLICY_VIOLATION}
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps(frame))
        await socket.close(_POLICY_VIOLATION, rejected.code)
