"""An ElevenLabs account as strict as a real one: voices, plans, parameters by model, and its latencies."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from parley.runtime.health import serve

_CHUNK_CHARACTERS = 8


def audio_of(text: str) -> bytes:
    """50 ms of audio per character; each character has its own tone."""
    return b"".join(bytes([ord(c) & 0x7F]) * 400 for c in text.rstrip())


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request."""

    status: int
    detail: dict[str, Any]


@dataclass(slots=True)
class Account:
    """The rules of the account, and the requests it received."""

    url: str = ""
    voices: list[dict[str, Any]] = field(default_factory=list)
    listing: Refusal | None = None
    """Refuses the list of voices."""
    refuse: Callable[[str, dict[str, Any]], Refusal | None] = lambda _voice, _parameters: None
    """Checks a voice id and the parameters of a request."""
    refuses_in: Literal["upgrade", "frame"] = "upgrade"
    cold_s: float = 0.0
    """Time to the first audio of a WebSocket."""
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """Kind, voice id and parameters of each request."""
    texts: list[str] = field(default_factory=list)

    def kinds(self) -> list[str]:
        """The kinds of all requests: `list`, `websocket` or `http`."""
        return [kind for kind, _, _ in self.requests]


@asynccontextmanager
async def strict_account() -> AsyncIterator[Account]:
    """Run the server on a free port."""
    account = Account()

    async def voices(_request: Request) -> Response:
        account.requests.append(("list", "", {}))
        if account.listing is not None:
            return _refused(account.listing)
        return JSONResponse({"voices": account.voices})

    async def stream(request: Request) -> Response:
        body, voice = await request.json(), request.path_params["voice"]
        account.requests.append(("http", voice, body))
        account.texts.append(body["text"])
        if refusal := account.refuse(voice, body):
            return _refused(refusal)
        return Response(audio_of(body["text"]), media_type="audio/basic")

    async def socket(websocket: WebSocket) -> None:
        voice, query = websocket.path_params["voice"], dict(websocket.query_params)
        account.requests.append(("websocket", voice, query))
        refusal = account.refuse(voice, query)
        if refusal is not None and account.refuses_in == "upgrade":
            await websocket.send_denial_response(_refused(refusal))
            return
        await websocket.accept()
        try:
            await _serve(account, websocket, refusal)
        except (WebSocketDisconnect, RuntimeError):
            return

    path = "/v1/text-to-speech/{voice}"
    routes = [
        Route("/v1/voices", voices),
        Route(f"{path}/stream", stream, methods=["POST"]),
        WebSocketRoute(f"{path}/multi-stream-input", socket),
    ]
    async with serve(Starlette(routes=routes), "127.0.0.1", 0, drain_timeout_s=1) as port:
        account.url = f"http://127.0.0.1:{port}"
        yield account


async def _serve(account: Account, websocket: WebSocket, refusal: Refusal | None) -> None:
    cold = True
    while True:
        message = await websocket.receive_json()
        if refusal is not None and message.get("text"):
            error = refusal.detail.get("code") or refusal.detail.get("status")
            await websocket.send_json({"error": error, "message": refusal.detail["message"], "code": 1008})
            await websocket.close(1008)
            return
        if message.get("flush"):
            account.texts.append(message["text"])
            await asyncio.sleep(account.cold_s if cold else 0)
            cold = False
            for frame in _frames(message["text"]):
                await websocket.send_json({"contextId": message["context_id"], **frame})
        if message.get("close_context"):
            await websocket.send_json({"contextId": message["context_id"], "isFinal": True})


def _frames(text: str) -> Iterator[dict[str, Any]]:
    spoken = text.rstrip()
    for begin in range(0, len(spoken), _CHUNK_CHARACTERS):
        part = spoken[begin : begin + _CHUNK_CHARACTERS]
        alignment = {
            "chars": list(part),
            "charStartTimesMs": [n * 50 for n in range(len(part))],
            "charDurationsMs": [50] * len(part),
        }
        audio = b"".join(bytes([ord(c) & 0x7F]) * 400 for c in part)
        yield {"audio": base64.b64encode(audio).decode(), "alignment": alignment}


def _refused(refusal: Refusal) -> JSONResponse:
    return JSONResponse({"detail": refusal.detail}, refusal.status)
