"""A TCP proxy in front of the edge, with the faults that real proxies and tunnels have with WebSockets."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from cli.free_port import free_port
from tests.tcp_server import tcp_server

Fault = Literal["none", "page", "bad_request", "bad_gateway", "no_signature", "reset"]

_ANSWERS = {
    "page": b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<html>hi</html>",
    "bad_request": b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    "bad_gateway": b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
}
_SIGNATURE = re.compile(rb"x-twilio-signature:[^\r]*\r\n", re.IGNORECASE)
_MAX_BYTES = 65_536


@dataclass
class FaultyProxy:
    """Forwards connections to a port; `fault` decides what happens to WebSocket upgrades."""

    target_port: int
    fault: Fault = "none"
    port: int = field(default_factory=free_port)
    upgrades: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FaultyProxy"]:
        """Serve while entered."""
        async with tcp_server(self._serve, self.port):
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, EOFError):
                head = await reader.readuntil(b"\r\n\r\n")
                fault: Fault = "none"
                if b"upgrade: websocket" in head.lower():
                    self.upgrades += 1
                    fault = self.fault
                if fault in _ANSWERS:
                    writer.write(_ANSWERS[fault])
                    await writer.drain()
                elif fault != "reset":
                    await self._forward(head, fault, reader, writer)
        finally:
            writer.transport.abort()

    async def _forward(
        self, head: bytes, fault: Fault, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        upstream_writer.write(_SIGNATURE.sub(b"", head) if fault == "no_signature" else head)
        pipes = [
            asyncio.ensure_future(_pipe(upstream_reader, writer)),
            asyncio.ensure_future(_pipe(reader, upstream_writer)),
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            upstream_writer.transport.abort()
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_MAX_BYTES):
        writer.write(data)
        await writer.drain()
