"""The two sockets: stream-input (one stream) and multi-stream-input (up to five contexts)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.elevenlabs.client_message import ClientMessage, Refused, read_message
from sandbox.elevenlabs.context import CloseNow, Context, Studio
from sandbox.elevenlabs.refusals import output_format_refusal, status_of, voice_refusal

_MOST_CONTEXTS = 5
_POLICY_VIOLATION = 1008
_LONGEST_TIMEOUT_S = 180.0

Talk = Callable[["_Conversation", asyncio.TaskGroup], Awaitable[None]]


class _Conversation:
    """What was said on one socket."""

    def __init__(self, socket: WebSocket, studio: Studio) -> None:
        self._socket = socket
        self._studio = studio
        self._lock = asyncio.Lock()
        self._timeout_s = _timeout_s(socket.query_params.get("inactivity_timeout", "20"))
        self._auto_mode = socket.query_params.get("auto_mode", "false").lower() == "true"
        self._key = socket.headers.get("xi-api-key", "")

    def context(self, name: str, more: dict[str, Any]) -> Context:
        """A new one; its frames hold these fields too."""

        async def send(frame: dict[str, Any]) -> None:
            async with self._lock:
                await self._socket.send_text(json.dumps(frame | more))

        voice_id = self._socket.path_params["voice_id"]
        return Context(name, voice_id, self._studio, send, self._auto_mode)

    async def receive(self) -> ClientMessage:
        """The next message; without a key in the headers the first one must bring it."""
        try:
            async with asyncio.timeout(self._timeout_s):
                frame = await self._socket.receive()
        except TimeoutError:
            text = f"Have not received a new text input within the timeout of {self._timeout_s:g} seconds."
            raise Refused("input_timeout_exceeded", text) from None
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        message = read_message(frame.get("text"))
        self._key = self._key or message.key or ""
        if not self._key or self._key.startswith("bad"):
            raise Refused("invalid_api_key", "Invalid API key")
        return message


class Sockets:
    """Serves both kinds."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def stream_input(self, socket: WebSocket) -> None:
        """/v1/text-to-speech/{voice_id}/stream-input."""
        await self._serve(socket, _stream_input)

    async def multi_stream_input(self, socket: WebSocket) -> None:
        """/v1/text-to-speech/{voice_id}/multi-stream-input."""
        await self._serve(socket, _multi_stream_input)

    async def _serve(self, socket: WebSocket, talk: Talk) -> None:
        key = socket.headers.get("xi-api-key")
        if key is not None and (not key or key.startswith("bad")):
            refused = Refused("invalid_api_key", "Invalid API key")
            await socket.send_denial_response(_denial(refused))
            return
        await socket.accept()
        self._studio.journal.note("opened", path=socket.url.path)
        try:
            self._check(socket)
            conversation = _Conversation(socket, self._studio)
            async with asyncio.TaskGroup() as tasks:
                await talk(conversation, tasks)
        except* Refused as group:
            await _say_error(socket, _first(group))
        except* (WebSocketDisconnect, CloseNow, RuntimeError):
            pass
        finally:
            with suppress(RuntimeError, WebSocketDisconnect):
                if socket.application_state is WebSocketState.CONNECTED:
                    await socket.close(1000)
            self._studio.journal.note("closed", path=socket.url.path)

    def _check(self, socket: WebSocket) -> None:
        refusal = (
            self._studio.dials.current.tts_refuse
            and Refused(self._studio.dials.current.tts_refuse, "Refused by the sandbox's settings.")
        ) or (
            voice_refusal(socket.path_params["voice_id"])
            or output_format_refusal(socket.query_params.get("output_format"))
        )
        if refusal:
            raise refusal


async def _stream_input(conversation: _Conversation, tasks: asyncio.TaskGroup) -> None:
    context = conversation.context("", {})
    running = tasks.create_task(context.run())
    while True:
        message = await conversation.receive()
        if message.text == "":
            await context.close()
            await running
            return
        await context.take(message)


async def _multi_stream_input(conversation: _Conversation, tasks: asyncio.TaskGroup) -> None:
    contexts: dict[str, Context] = {}
    running: set[asyncio.Task[None]] = set()
    while True:
        message = await conversation.receive()
        if message.close_socket:
            for context in contexts.values():
                await context.close()
            await asyncio.gather(*running)
            return
        name = message.context_id or "default"
        if message.close_context:
            # One that was closed before is not opened by closing it again.
            if name in contexts:
                await contexts.pop(name).close()
            continue
        if name not in contexts:
            running = {task for task in running if not task.done()}
            if len(running) >= _MOST_CONTEXTS:
                raise Refused("max_active_conversations", "Maximum simultaneous contexts exceeded: 5.")
            contexts[name] = conversation.context(name, {"contextId": name})
            running.add(tasks.create_task(contexts[name].run()))
        await contexts[name].take(message)


def _timeout_s(told: str) -> float:
    try:
        timeout_s = float(told)
    except ValueError:
        timeout_s = 0.0
    if not 0 < timeout_s <= _LONGEST_TIMEOUT_S:
        raise Refused("invalid_request", f"inactivity_timeout must be within 1 and {_LONGEST_TIMEOUT_S:g}.")
    return timeout_s


def _denial(refused: Refused) -> JSONResponse:
    detail = {"status": refused.word, "message": str(refused)}
    return JSONResponse({"detail": detail}, status_code=status_of(refused.word))


def _first(group: BaseExceptionGroup[Refused]) -> Refused:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error if isinstance(error, Refused) else Refused("something_went_wrong", str(error))


async def _say_error(socket: WebSocket, refused: Refused) -> None:
    frame = {"message": str(refused), "error": refused.word, "code": _POLICY_VIOLATION}
    with suppress(RuntimeError, WebSocketDisconnect):
        await socket.send_text(json.dumps(frame))
        await socket.close(_POLICY_VIOLATION, refused.word)
