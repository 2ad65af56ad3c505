"""Runs the edge as a process against a fake Twilio."""

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect

from cli.free_port import free_port
from parley.bus import Bus
from parley.runtime.health import serve

TOKEN = "secret"  # noqa: S105 - belongs to no account
ACCOUNT = "AC" + "1" * 32
ROOT = Path(__file__).parents[2]


@dataclass
class FakeTwilioRest:
    """The part of the Twilio REST API that the edge uses; `status` and `code` make it fail."""

    status: int = 200
    code: int = 20003
    call_status: str = "in-progress"
    """Status of every call; empty if Twilio does not know the call."""
    status_requests: int = 0
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def handle(self, request: Request) -> Response:
        """Record a request, or return the status of a call."""
        if request.method == "GET":
            return self._fetch_call()
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.requests.append((request.url.path, form))
        if self.status >= 400:
            return JSONResponse(
                {"code": self.code, "message": "rejected", "status": self.status}, self.status
            )
        return JSONResponse({"sid": "CA" + "9" * 32, "status": "queued"}, 201 if "Url" in form else 200)

    def _fetch_call(self) -> Response:
        self.status_requests += 1
        if self.status >= 500 or not self.call_status:
            status = self.status if self.status >= 500 else 404
            return JSONResponse({"code": 20404, "message": "not found", "status": status}, status)
        return JSONResponse({"sid": "CA" + "9" * 32, "status": self.call_status})

    def app(self) -> Starlette:
        """The application with one route for all paths."""
        return Starlette(routes=[Route("/{path:path}", self.handle, methods=["GET", "POST"])])


@dataclass
class EdgeProcess:
    """A running edge process and its fake REST API."""

    url: str
    log_path: Path
    process: asyncio.subprocess.Process
    rest: FakeTwilioRest
    bus: Bus

    @property
    def metrics_url(self) -> str:
        """Address of /metrics and the probes."""
        ready = next(entry for entry in self.log_entries() if entry["event"] == "ready")
        return f"http://127.0.0.1:{ready['metrics_port']}"

    async def metric(self, series: str) -> float:
        """The present value of a series, such as `parley_calls{stage="edge"}`; 0 if it is missing."""
        async with httpx.AsyncClient(timeout=20) as client:
            text = (await client.get(f"{self.metrics_url}/metrics")).text
        values = [line.removeprefix(series) for line in text.splitlines() if line.startswith(f"{series} ")]
        return float(values[0]) if values else 0.0

    async def post(self, path: str, form: dict[str, str], signature: str | None = None) -> httpx.Response:
        """Post a webhook; an empty signature sends no header, None signs it as Twilio does."""
        if signature is None:
            signature = RequestValidator(TOKEN).compute_signature(self.url + path, form)
        headers = {"X-Twilio-Signature": signature} if signature else {}
        async with httpx.AsyncClient(timeout=20) as client:
            return await client.post(self.url + path, data=form, headers=headers)

    async def post_voice(self, call_sid: str, path: str = "/voice") -> httpx.Response:
        """Post the voice webhook of an inbound call."""
        form = {"CallSid": call_sid, "From": "+15550100001", "To": "+15550100000", "Direction": "inbound"}
        return await self.post(path, form)

    @asynccontextmanager
    async def socket(
        self, signature: str | None = None, path: str = "/twilio/stream"
    ) -> AsyncIterator[ClientConnection]:
        """Open a media stream's WebSocket."""
        address = f"ws{self.url.removeprefix('http')}{path}"
        signed = f"wss{self.url.removeprefix('http')}{path}"
        if signature is None:
            signature = RequestValidator(TOKEN).compute_signature(signed, {})
        headers = {"X-Twilio-Signature": signature} if signature else {}
        async with connect(address, additional_headers=headers) as socket:
            yield socket

    @asynccontextmanager
    async def stream(
        self, call_sid: str, stream_sid: str = "MZ1", path: str = "/twilio/stream"
    ) -> AsyncIterator["MediaStream"]:
        """Open a media stream and send its start message."""
        async with self.socket(path=path) as socket:
            stream = MediaStream(socket, stream_sid)
            await stream.send(event="connected", protocol="Call", version="1.0.0")
            start = {"streamSid": stream_sid, "callSid": call_sid, "tracks": ["inbound"]}
            await stream.send(event="start", sequenceNumber="1", streamSid=stream_sid, start=start)
            yield stream

    def log_entries(self) -> list[dict[str, Any]]:
        """The entries of its log so far."""
        lines = self.log_path.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def wait_for_error(self, event: str, call_sid: str = "") -> dict[str, Any]:
        """Wait for an error with this event key in the log, of any call or of the one given."""
        return await self.wait_for_entry(event, call_sid, level="error")

    async def wait_for_entry(self, event: str, call_sid: str = "", *, level: str = "") -> dict[str, Any]:
        """Wait for a log entry with this event key, of any call and level or of those given."""
        for _ in range(400):
            for entry in self.log_entries():
                matches = call_sid in ("", entry.get("call_sid")) and level in ("", entry["level"])
                if matches and event in entry["event"]:
                    return entry
            await asyncio.sleep(0.05)
        raise AssertionError(f"no log entry {event!r}")


@dataclass
class MediaStream:
    """Twilio's side of a media stream."""

    socket: ClientConnection
    stream_sid: str
    frame_count: int = 0

    async def send(self, **message: Any) -> None:
        """Send a message in the form that Twilio uses."""
        await self.socket.send(json.dumps(message, separators=(",", ":")))

    async def send_frame(self, mulaw: bytes) -> None:
        """Send a frame of caller audio."""
        self.frame_count += 1
        payload = base64.b64encode(mulaw).decode()
        media = {
            "track": "inbound",
            "chunk": str(self.frame_count),
            "timestamp": str(self.frame_count * 20),
            "payload": payload,
        }
        await self.send(event="media", sequenceNumber="2", media=media, streamSid=self.stream_sid)

    async def receive(self) -> dict[str, Any]:
        """Receive the edge's next message."""
        async with asyncio.timeout(30):
            return dict(json.loads(await self.socket.recv()))


@asynccontextmanager
async def running_edge(nats_url: str, bus: Bus, folder: Path, **more: str) -> AsyncIterator[EdgeProcess]:
    """Run an edge with its own fake REST API; keyword arguments set environment variables."""
    rest, port, log_path = FakeTwilioRest(), free_port(), folder / "edge.log"
    async with serve(rest.app(), "127.0.0.1", 0) as rest_port:
        env = {
            **os.environ,
            "PARLEY_NATS_URL": nats_url,
            "PARLEY_EDGE_PORT": str(port),
            "PARLEY_EDGE_METRICS_PORT": "0",
            "PARLEY_AGENTS_DIR": str(ROOT / "agents"),
            "PARLEY_TWILIO_URL": f"http://127.0.0.1:{rest_port}",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "PARLEY_STREAM_RESUME_TIMEOUT_S": "0.5",
            "PARLEY_START_MESSAGE_TIMEOUT_S": "0.5",
            "PARLEY_DRAIN_TIMEOUT_S": "3",
            **more,
        }
        with log_path.open("wb") as log:
            command = (sys.executable, "-m", "services.edge")
            process = await asyncio.create_subprocess_exec(*command, env=env, stderr=log)
        edge = EdgeProcess(f"http://127.0.0.1:{port}", log_path, process, rest, bus)
        try:
            while not any(line["event"] == "ready" for line in edge.log_entries()):
                assert process.returncode is None, log_path.read_text("utf-8")
                await asyncio.sleep(0.05)
            yield edge
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
