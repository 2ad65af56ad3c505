"""A voice provider for tests: what it says is predictable to the byte, and it fails exactly where told."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from parley.runtime.health import serve

BYTES_A_CHARACTER = 400
PIECE_BYTES = 1000


def sound_of(text: str) -> bytes:
    """50 ms a character, each character its own tone."""
    return b"".join(bytes([ord(c) & 0x7F]) * BYTES_A_CHARACTER for c in text.rstrip())


@dataclass(slots=True)
class Provider:
    """What it shall do, and what it saw."""

    url: str = ""
    refuse_socket: int = 0
    """HTTP status of the upgrade."""
    refuse_voice: str = ""
    """A voice that it does not know."""
    refuse_http: int = 0
    break_http: bool = False
    """The answer breaks off in its middle, once."""
    mute: bool = False
    """No sound, only final frames."""
    error_frame: dict[str, Any] | None = None
    """Said at a context's opening, then the socket is closed."""
    garbage: str = ""
    """Said in place of the first sound, once."""
    break_after_pieces: int = -1
    """The socket breaks there, once."""
    hang_after_pieces: int = -1
    """Nothing more is said from there on, in this socket; once."""
    aligned: bool = True
    final: bool = True
    snake_case: bool = False
    sockets: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    def texts(self) -> list[str]:
        """What was sent to be spoken."""
        return [m["text"] for m in self.messages if m.get("flush")]


@dataclass(slots=True)
class _Line:
    provider: Provider
    socket: WebSocket
    pieces: int = 0
    hangs: bool = False

    async def serve(self) -> None:
        async for text in self.socket.iter_text():
            message = json.loads(text)
            self.provider.messages.append(message)
            if self.provider.error_frame and message.get("text") == " ":
                await self.socket.send_json(self.provider.error_frame)
                await self.socket.close(1008)
                return
            if message.get("flush") and not await self._speak(message):
                return
            if message.get("close_context") and self.provider.final and not self.hangs:
                await self._say(message["context_id"], {"audio": None}, final=True)

    async def _speak(self, message: dict[str, Any]) -> bool:
        provider = self.provider
        text, sound = message["text"], b"" if provider.mute else sound_of(message["text"])
        for begin in range(0, len(sound), PIECE_BYTES):
            if provider.garbage:
                await self.socket.send_text(provider.garbage)
                provider.garbage = ""
            if self.pieces == provider.break_after_pieces:
                provider.break_after_pieces = -1
                await self.socket.close(1011)
                return False
            if self.pieces == provider.hang_after_pieces:
                provider.hang_after_pieces = -1
                self.hangs = True
            if self.hangs:
                return True
            self.pieces += 1
            piece = sound[begin : begin + PIECE_BYTES]
            frame: dict[str, Any] = {"audio": base64.b64encode(piece).decode(), "alignment": None}
            if provider.aligned:
                frame["alignment"] = _alignment(text, begin, len(piece))
            await self._say(message["context_id"], frame, final=False)
        return True

    async def _say(self, context_id: str, frame: dict[str, Any], *, final: bool) -> None:
        names = ("context_id", "is_final") if self.provider.snake_case else ("contextId", "isFinal")
        await self.socket.send_json({**frame, names[0]: context_id, names[1]: final})


def _alignment(text: str, begin: int, size: int) -> dict[str, Any]:
    """Characters that begin within the piece, with times relative to it."""
    places = [(c, n * BYTES_A_CHARACTER - begin) for n, c in enumerate(text.rstrip())]
    inside = [(c, at) for c, at in places if 0 <= at < size]
    return {
        "chars": [c for c, _ in inside],
        "charStartTimesMs": [at // 8 for _, at in inside],
        "charDurationsMs": [BYTES_A_CHARACTER // 8 for _ in inside],
    }


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    """A provider on a free port."""
    provider = Provider()

    async def socket(websocket: WebSocket) -> None:
        provider.headers.append(dict(websocket.headers))
        provider.queries.append(dict(websocket.query_params))
        if provider.refuse_voice == websocket.path_params["voice"]:
            await websocket.send_denial_response(JSONResponse({"detail": {"status": "voice_not_found"}}, 404))
            return
        if provider.refuse_socket:
            await websocket.send_denial_response(
                JSONResponse(
                    {"detail": {"status": "invalid_api_key", "message": "no"}}, provider.refuse_socket
                )
            )
            return
        provider.sockets += 1
        await websocket.accept()
        try:
            await _Line(provider, websocket).serve()
        except (WebSocketDisconnect, RuntimeError):
            return

    async def http(request: Request) -> Response:
        body = await request.json()
        provider.requests.append(body)
        provider.headers.append(dict(request.headers))
        if provider.refuse_voice == request.path_params["voice"]:
            return JSONResponse({"detail": {"status": "voice_not_found"}}, 404)
        if provider.refuse_http:
            return JSONResponse(
                {"detail": {"status": "invalid_api_key", "message": "no"}}, provider.refuse_http
            )
        sound = sound_of(body["text"])
        if provider.break_http:
            provider.break_http = False
            # Less than was promised: the connection is cut.
            return Response(sound[:2400], headers={"content-length": str(len(sound))})
        return Response(sound, media_type="audio/basic")

    path = "/v1/text-to-speech/{voice}"
    app = Starlette(
        routes=[
            WebSocketRoute(f"{path}/multi-stream-input", socket),
            Route(f"{path}/stream", http, methods=["POST"]),
        ]
    )
    async with serve(app, "127.0.0.1", 0, drain_timeout_s=1) as port:
        provider.url = f"http://127.0.0.1:{port}"
        yield provider
