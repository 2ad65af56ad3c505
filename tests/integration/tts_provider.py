"""An ElevenLabs emulator for tests with predictable audio, which fails exactly where planned."""

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

BYTES_PER_CHARACTER = 400
CHUNK_BYTES = 1000


def audio_of(text: str) -> bytes:
    """50 ms of audio per character; each character has its own tone."""
    return b"".join(bytes([ord(c) & 0x7F]) * BYTES_PER_CHARACTER for c in text.rstrip())


@dataclass(slots=True)
class Provider:
    """The planned failures and the received requests."""

    url: str = ""
    reject_websocket: int = 0
    """HTTP status that rejects the upgrade; 0 accepts it."""
    reject_voice: str = ""
    """Voice id that is treated as unknown."""
    reject_http: int = 0
    break_http: bool = False
    """The response breaks off halfway, once."""
    silent: bool = False
    """The provider sends no audio, only final frames."""
    error_frame: dict[str, Any] | None = None
    """Frame sent when a context opens; then the WebSocket is closed."""
    garbage: str = ""
    """Text sent before the first audio, once."""
    break_after_chunks: int = -1
    """Number of chunks after which the WebSocket is closed, once."""
    hang_after_chunks: int = -1
    """Number of chunks after which the WebSocket stops responding, once."""
    aligned: bool = True
    final: bool = True
    snake_case: bool = False
    websockets: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    spoken: list[tuple[str, str]] = field(default_factory=list)
    """The voice and the text of each clause sent over a WebSocket."""

    def texts(self) -> list[str]:
        """The clauses sent over WebSockets."""
        return [m["text"] for m in self.messages if m.get("flush")]


@dataclass(slots=True)
class _Session:
    provider: Provider
    socket: WebSocket
    chunks: int = 0
    hangs: bool = False

    async def serve(self) -> None:
        async for text in self.socket.iter_text():
            message = json.loads(text)
            self.provider.messages.append(message)
            if self.provider.error_frame and message.get("text") == " ":
                await self.socket.send_json(self.provider.error_frame)
                await self.socket.close(1008)
                return
            if message.get("flush") and not await self._synthesize(message):
                return
            if message.get("close_context") and self.provider.final and not self.hangs:
                await self._send(message["context_id"], {"audio": None}, final=True)

    async def _synthesize(self, message: dict[str, Any]) -> bool:
        provider = self.provider
        provider.spoken.append((self.socket.path_params["voice"], message["text"].strip()))
        text, audio = message["text"], b"" if provider.silent else audio_of(message["text"])
        for begin in range(0, len(audio), CHUNK_BYTES):
            if provider.garbage:
                await self.socket.send_text(provider.garbage)
                provider.garbage = ""
            if self.chunks == provider.break_after_chunks:
                provider.break_after_chunks = -1
                await self.socket.close(1011)
                return False
            if self.chunks == provider.hang_after_chunks:
                provider.hang_after_chunks = -1
                self.hangs = True
            if self.hangs:
                return True
            self.chunks += 1
            chunk = audio[begin : begin + CHUNK_BYTES]
            frame: dict[str, Any] = {"audio": base64.b64encode(chunk).decode(), "alignment": None}
            if provider.aligned:
                frame["alignment"] = _alignment(text, begin, len(chunk))
            await self._send(message["context_id"], frame, final=False)
        return True

    async def _send(self, context_id: str, frame: dict[str, Any], *, final: bool) -> None:
        names = ("context_id", "is_final") if self.provider.snake_case else ("contextId", "isFinal")
        await self.socket.send_json({**frame, names[0]: context_id, names[1]: final})


def _alignment(text: str, begin: int, size: int) -> dict[str, Any]:
    """Characters that begin within the chunk, with times relative to it."""
    places = [(c, n * BYTES_PER_CHARACTER - begin) for n, c in enumerate(text.rstrip())]
    inside = [(c, at) for c, at in places if 0 <= at < size]
    return {
        "chars": [c for c, _ in inside],
        "charStartTimesMs": [at // 8 for _, at in inside],
        "charDurationsMs": [BYTES_PER_CHARACTER // 8 for _ in inside],
    }


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    """Run the emulator on a free port."""
    provider = Provider()

    async def accept(websocket: WebSocket) -> None:
        provider.headers.append(dict(websocket.headers))
        provider.queries.append(dict(websocket.query_params))
        if provider.reject_voice == websocket.path_params["voice"]:
            await websocket.send_denial_response(JSONResponse({"detail": {"status": "voice_not_found"}}, 404))
            return
        if provider.reject_websocket:
            await websocket.send_denial_response(
                JSONResponse(
                    {"detail": {"status": "invalid_api_key", "message": "no"}}, provider.reject_websocket
                )
            )
            return
        provider.websockets += 1
        await websocket.accept()
        try:
            await _Session(provider, websocket).serve()
        except (WebSocketDisconnect, RuntimeError):
            return

    async def http(request: Request) -> Response:
        body = await request.json()
        provider.requests.append(body)
        provider.headers.append(dict(request.headers))
        if provider.reject_voice == request.path_params["voice"]:
            return JSONResponse({"detail": {"status": "voice_not_found"}}, 404)
        if provider.reject_http:
            return JSONResponse(
                {"detail": {"status": "invalid_api_key", "message": "no"}}, provider.reject_http
            )
        audio = audio_of(body["text"])
        if provider.break_http:
            provider.break_http = False
            # Less than announced: the connection is cut.
            return Response(audio[:2400], headers={"content-length": str(len(audio))})
        return Response(audio, media_type="audio/basic")

    path = "/v1/text-to-speech/{voice}"
    app = Starlette(
        routes=[
            WebSocketRoute(f"{path}/multi-stream-input", accept),
            Route(f"{path}/stream", http, methods=["POST"]),
        ]
    )
    async with serve(app, "127.0.0.1", 0, drain_timeout_s=1) as port:
        provider.url = f"http://127.0.0.1:{port}"
        yield provider
