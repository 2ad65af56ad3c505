"""The two sockets: stream-input (one stream) and multi-stream-input (up to five contexts)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.elevenlabs.context import CloseNow, Context, Faults
from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings
from sandbox.stand_in import Dials, Journal

_MOST_CONTEXTS = 5
_POLICY_VIOLATION = 1008
_KNOWN_VOICE = 6
"""A voice id shorter than this is none."""


class Refused(Exception):
    """The vendor says an error word and closes."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class Sockets:
    """Serves both kinds."""

    def __init__(self, dials: Dials[ElevenLabsSandboxSettings], journal: Journal) -> None:
        self._dials = dials
        self._journal = journal
        self._faults = Faults(dials)

    async def stream_input(self, socket: WebSocket) -> None:
        """/v1/text-to-speech/{voice_id}/stream-input."""
        await self._serve(socket, self._stream_input)

    async def multi_stream_input(self, socket: WebSocket) -> None:
        """/v1/text-to-speech/{voice_id}/multi-stream-input."""
        await self._serve(socket, self._multi_stream_input)

    async def _serve(
        self, socket: WebSocket, talk: Callable[[WebSocket, asyncio.TaskGroup], Awaitable[None]]
    ) -> None:
        key = socket.headers.get("xi-api-key", "")
        if not key or key.startswith("bad"):
            await socket.send_denial_response(_denial())
            return
        await socket.accept()
        self._journal.note("opened", path=socket.url.path)
        try:
            self._check_voice(socket)
            async with asyncio.TaskGroup() as tasks:
                await talk(socket, tasks)
        except* Refused as group:
            await _say_error(socket, _first(group))
        except* (WebSocketDisconnect, CloseNow, RuntimeError):
            pass
        finally:
            with suppress(RuntimeError, WebSocketDisconnect):
                if socket.application_state is WebSocketState.CONNECTED:
                    await socket.close(1000)
            self._journal.note("closed", path=socket.url.path)

    def _check_voice(self, socket: WebSocket) -> None:
        if self._dials.now.tts_refuse:
            raise Refused(self._dials.now.tts_refuse, "Refused by the sandbox's settings.")
        voice = socket.path_params["voice_id"]
        if voice != "tone" and len(voice) < _KNOWN_VOICE:
            raise Refused("voice_id_does_not_exist", f"A voice with the voice_id {voice} does not exist.")

    def _context(self, socket: WebSocket, name: str, lock: asyncio.Lock, more: dict[str, Any]) -> Context:
        async def send(frame: dict[str, Any]) -> None:
            async with lock:
                await socket.send_text(json.dumps(frame | more))

        auto = socket.query_params.get("auto_mode", "false").lower() == "true"
        voice = socket.path_params["voice_id"]
        return Context(name, voice, self._dials, self._journal, self._faults, send, auto)

    async def _stream_input(self, socket: WebSocket, tasks: asyncio.TaskGroup) -> None:
        context = self._context(socket, "", asyncio.Lock(), {})
        running = tasks.create_task(context.run())
        while True:
            message = await self._receive(socket)
            text = message.get("text")
            if text == "":
                await context.close()
                await running
                return
            flush = bool(message.get("flush") or message.get("try_trigger_generation"))
            await context.add(text or "", flush=flush)

    async def _multi_stream_input(self, socket: WebSocket, tasks: asyncio.TaskGroup) -> None:
        contexts: dict[str, Context] = {}
        running: dict[str, asyncio.Task[None]] = {}
        lock = asyncio.Lock()
        while True:
            message = await self._receive(socket)
            if message.get("close_socket"):
                await asyncio.gather(*(context.close() for context in contexts.values()))
                await asyncio.gather(*running.values())
                return
            name = message.get("context_id") or message.get("contextId") or "default"
            open_now = [n for n, task in running.items() if not task.done()]
            if name not in contexts:
                if len(open_now) >= _MOST_CONTEXTS:
                    raise Refused("max_active_conversations", "Maximum simultaneous contexts exceeded: 5.")
                contexts[name] = self._context(socket, name, lock, {"contextId": name})
                running[name] = tasks.create_task(contexts[name].run())
            context = contexts[name]
            if message.get("close_context"):
                await context.close()
                del contexts[name]
                continue
            await context.add(message.get("text") or "", flush=bool(message.get("flush")))

    async def _receive(self, socket: WebSocket) -> dict[str, Any]:
        timeout_s = float(socket.query_params.get("inactivity_timeout", "20"))
        try:
            async with asyncio.timeout(timeout_s):
                raw = await socket.receive_text()
        except TimeoutError:
            text = f"Have not received a new text input within the timeout of {timeout_s:g} seconds."
            raise Refused("input_timeout_exceeded", text) from None
        try:
            message = json.loads(raw)
        except ValueError:
            raise Refused("invalid_input_message", "The message is no JSON.") from None
        if not isinstance(message, dict) or not isinstance(message.get("text", ""), str):
            raise Refused("invalid_input_message", "The message does not match the schema.")
        return message


def _denial() -> JSONResponse:
    detail = {"status": "invalid_api_key", "message": "Invalid API key"}
    return JSONResponse({"detail": detail}, status_code=401)


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
