"""A web application for the emulator: responds to webhooks, accepts media streams, records everything."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from twilio.request_validator import RequestValidator

from parley.runtime.health import serve

TOKEN = "sandbox"  # noqa: S105 - signs nothing but these tests


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that the application received."""

    path: str
    params: dict[str, str]
    signed: bool
    idempotency_token: str


@dataclass
class WebApplication:
    """The configured responses, and the requests received."""

    responses: dict[str, str] = field(default_factory=dict)
    """TwiML by path; {host} is replaced by the application's own host and port."""
    stream: Callable[["Stream"], Awaitable[None]] | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    requests: list[ReceivedRequest] = field(default_factory=list)
    streams: list["Stream"] = field(default_factory=list)
    host: str = ""

    @property
    def url(self) -> str:
        """The application's base URL."""
        return f"http://{self.host}"

    def paths(self) -> list[str]:
        """The paths of all requests, in order."""
        return [request.path for request in self.requests]

    def params_of(self, path: str) -> list[dict[str, str]]:
        """The parameters of each request to a path."""
        return [request.params for request in self.requests if request.path == path]

    async def handle(self, request: Request) -> Response:
        """Respond to a webhook."""
        params = {key: str(value) for key, value in (await request.form()).items()}
        signature = request.headers.get("x-twilio-signature", "")
        signed = RequestValidator(TOKEN).validate(str(request.url), params, signature)
        token = request.headers.get("i-twilio-idempotency-token", "")
        path = request.url.path
        self.requests.append(ReceivedRequest(path, params, signed, token))
        if path not in self.responses:
            return Response(status_code=self.statuses.get(path, 204))
        text = self.responses[path].replace("{host}", self.host)
        return Response(text, self.statuses.get(path, 200), media_type="text/xml")

    async def serve_stream(self, socket: WebSocket) -> None:
        """Accept a media stream."""
        signature = socket.headers.get("x-twilio-signature", "")
        url = f"wss://{self.host}{socket.url.path}"
        stream = Stream(socket, signed=RequestValidator(TOKEN).validate(url, {}, signature))
        self.streams.append(stream)
        await socket.accept()
        try:
            if self.stream is None:
                await stream.until_stop()
            else:
                await self.stream(stream)
            await socket.close()
        except WebSocketDisconnect:
            stream.lost = True
        finally:
            stream.finished.set()


@dataclass
class Stream:
    """A media stream on the server's side."""

    socket: WebSocket
    signed: bool
    messages: list[dict[str, Any]] = field(default_factory=list)
    lost: bool = False
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sid(self) -> str:
        """The stream's sid, available after `start`."""
        return str(self.messages_of("start")[0]["streamSid"])

    def messages_of(self, event: str) -> list[dict[str, Any]]:
        """The messages of a kind received so far."""
        return [message for message in self.messages if message["event"] == event]

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(await self.socket.receive_text())
        self.messages.append(message)
        return message

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """Receive until `count` messages of a kind have arrived."""
        while len(self.messages_of(event)) < count:
            await self.receive()
        return self.messages_of(event)[count - 1]

    async def until_stop(self) -> None:
        """Receive until `stop`."""
        await self.until("stop")

    async def play(self, mulaw: bytes) -> None:
        """Send audio to be played to the caller."""
        payload = base64.b64encode(mulaw).decode()
        await self.send({"event": "media", "streamSid": self.sid, "media": {"payload": payload}})

    async def mark(self, name: str) -> None:
        """Request a mark after the audio sent so far."""
        await self.send({"event": "mark", "streamSid": self.sid, "mark": {"name": name}})

    async def clear(self) -> None:
        """Discard the queued audio."""
        await self.send({"event": "clear", "streamSid": self.sid})

    async def send(self, message: object) -> None:
        """Send JSON."""
        await self.socket.send_text(json.dumps(message))


@asynccontextmanager
async def open_web_application(application: WebApplication) -> AsyncIterator[WebApplication]:
    """Serve the application on a free port."""
    routes = [
        WebSocketRoute("/stream", application.serve_stream),
        Route("/{path:path}", application.handle, methods=["POST"]),
    ]
    async with serve(Starlette(routes=routes), "127.0.0.1", 0, drain_timeout_s=1) as port:
        application.host = f"127.0.0.1:{port}"
        yield application
