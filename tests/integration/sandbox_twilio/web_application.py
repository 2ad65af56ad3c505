"""A small web application behind the stand-in: answers webhooks, takes media streams, remembers all."""

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

from parley.health import serve

TOKEN = "sandbox"  # noqa: S105 - signs nothing but these tests


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    params: dict[str, str]
    signed: bool
    idempotency_token: str


@dataclass
class WebApplication:
    """What it answers, and what it was asked."""

    answers: dict[str, str] = field(default_factory=dict)
    """TwiML by path; {host} stands for its own address."""
    stream: Callable[["Stream"], Awaitable[None]] | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    streams: list["Stream"] = field(default_factory=list)
    host: str = ""

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}"

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [asked.path for asked in self.asked]

    def asked_for(self, path: str) -> list[dict[str, str]]:
        """The parameters of each request to a path."""
        return [asked.params for asked in self.asked if asked.path == path]

    async def handle(self, request: Request) -> Response:
        """Answer a webhook."""
        params = {key: str(value) for key, value in (await request.form()).items()}
        signature = request.headers.get("x-twilio-signature", "")
        signed = RequestValidator(TOKEN).validate(str(request.url), params, signature)
        token = request.headers.get("i-twilio-idempotency-token", "")
        path = request.url.path
        self.asked.append(Asked(path, params, signed, token))
        if path not in self.answers:
            return Response(status_code=self.statuses.get(path, 204))
        text = self.answers[path].replace("{host}", self.host)
        return Response(text, self.statuses.get(path, 200), media_type="text/xml")

    async def take(self, socket: WebSocket) -> None:
        """Take a media stream."""
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
            stream.over.set()


@dataclass
class Stream:
    """A media stream, from the server's side."""

    socket: WebSocket
    signed: bool
    messages: list[dict[str, Any]] = field(default_factory=list)
    lost: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def sid(self) -> str:
        """Known once `start` has come."""
        return str(self.of("start")[0]["streamSid"])

    def of(self, event: str) -> list[dict[str, Any]]:
        """The messages of a kind that have come."""
        return [message for message in self.messages if message["event"] == event]

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        message: dict[str, Any] = json.loads(await self.socket.receive_text())
        self.messages.append(message)
        return message

    async def until(self, event: str, count: int = 1) -> dict[str, Any]:
        """Receive until so many messages of a kind have come."""
        while len(self.of(event)) < count:
            await self.receive()
        return self.of(event)[count - 1]

    async def until_stop(self) -> None:
        """Receive to the end."""
        await self.until("stop")

    async def play(self, mulaw: bytes) -> None:
        """Let the caller hear this."""
        payload = base64.b64encode(mulaw).decode()
        await self.send({"event": "media", "streamSid": self.sid, "media": {"payload": payload}})

    async def mark(self, name: str) -> None:
        """Ask to be told when all before has been played."""
        await self.send({"event": "mark", "streamSid": self.sid, "mark": {"name": name}})

    async def clear(self) -> None:
        """Play nothing of what waits."""
        await self.send({"event": "clear", "streamSid": self.sid})

    async def send(self, message: object) -> None:
        """Send JSON."""
        await self.socket.send_text(json.dumps(message))


@asynccontextmanager
async def open_web_application(application: WebApplication) -> AsyncIterator[WebApplication]:
    """Serve it on a free port."""
    routes = [
        WebSocketRoute("/stream", application.take),
        Route("/{path:path}", application.handle, methods=["POST"]),
    ]
    async with serve(Starlette(routes=routes), "127.0.0.1", 0, drain_timeout_s=1) as port:
        application.host = f"127.0.0.1:{port}"
        yield application
