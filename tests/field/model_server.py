"""A small model server on a raw socket: strict about the history, and free in what it answers."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.strict_history import Refused, check_history
from tests.tcp_server import tcp_server

Body: TypeAlias = dict[str, Any]
Part: TypeAlias = bytes | float
"""Bytes of the response's body, or seconds to wait."""


@dataclass(frozen=True)
class Response:
    """A response: its status and its body, in parts."""

    parts: list[Part]
    status: int = 200
    ends: bool = True
    """Whether the connection is closed after the last part; otherwise the server hangs."""


@dataclass
class ModelServer:
    """Answers each chat request as `respond` decides; a broken history is refused with status 400."""

    respond: Callable[[Body], Response]
    extra_fields: bool = False
    """Whether tool calls in the history may have unknown fields."""
    run_tool: Callable[[Body], Response] | None = None
    """Answers the requests of HTTP tools."""
    port: int = 0
    requests: list[Body] = field(default_factory=list)
    """The bodies of all chat requests."""
    refused: list[str] = field(default_factory=list)
    """Why requests were refused."""
    tool_runs: list[Body] = field(default_factory=list)
    """The arguments of all tool runs."""

    @property
    def url(self) -> str:
        """The base URL of the protocol."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def tool_url(self) -> str:
        """The URL of the tool."""
        return f"http://127.0.0.1:{self.port}/tool"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["ModelServer"]:
        """Listen on a free port."""
        async with tcp_server(self._serve) as self.port:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            text = await reader.readexactly(int(headers.get("content-length", 0)))
            response = self._respond(head[0].split()[1], json.loads(text or b"{}"))
            kind = "text/event-stream" if response.status == 200 else "application/json"
            head_lines = (
                f"HTTP/1.1 {response.status} X",
                f"Content-Type: {kind}",
                "Connection: close",
                "",
                "",
            )
            writer.write("\r\n".join(head_lines).encode())
            for part in response.parts:
                if isinstance(part, bytes):
                    writer.write(part)
                    await writer.drain()
                else:
                    await asyncio.sleep(part)
            if not response.ends:
                await reader.read()

    def _respond(self, path: str, body: Body) -> Response:
        if path.endswith("/models"):
            return Response([b'{"object": "list", "data": []}'])
        if path.endswith("/tool"):
            self.tool_runs.append(body)
            return self.run_tool(body) if self.run_tool else Response([b'{"booked": true}'])
        self.requests.append(body)
        try:
            check_history(body["messages"], extra_fields=self.extra_fields)
        except Refused as error:
            self.refused.append(str(error))
            return refusal(str(error))
        return self.respond(body)


def refusal(message: str, param: str | None = None) -> Response:
    """A response with status 400, as OpenAI sends it: the code is null."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return Response([json.dumps({"error": error}).encode()], status=400)


def chunk(delta: object = ..., finish_reason: str | None = None) -> bytes:
    """One chunk of a stream; a delta of ... is left out."""
    choice = {**({} if delta is ... else {"delta": delta}), "finish_reason": finish_reason}
    kind = "chat.completion.chunk"
    return sse({"id": "c1", "object": kind, "created": 1, "model": "m", "choices": [{"index": 0, **choice}]})


def sse(value: object) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def stream(*parts: Part, reason: str = "stop") -> Response:
    """A whole stream: these parts, and its end."""
    return Response([chunk({"role": "assistant"}), *parts, chunk({}, reason), DONE])


def text(*pieces: str) -> list[Part]:
    """Chunks of text."""
    return [chunk({"content": piece}) for piece in pieces]


def tool_call(
    name: str, arguments: str, index: object = 0, call_id: str = "call_1", **extra: object
) -> bytes:
    """A chunk with a whole tool call; an index of ... is left out."""
    call = {
        **({} if index is ... else {"index": index}),
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **extra,
    }
    return chunk({"tool_calls": [call]})


def results(body: Body) -> list[str]:
    """The results of tools after the caller's last words."""
    found: list[str] = []
    for message in reversed(body["messages"]):
        if message["role"] == "user":
            break
        if message["role"] == "tool":
            found.insert(0, message["content"])
    return found
