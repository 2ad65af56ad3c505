"""A TCP relay before a provider's server, for checks: counts connections and bytes, and breaks them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_CHUNK_BYTES = 16_384
_MAX_REQUEST_BYTES = 65_536
_CLOSE_ITERATIONS = 50


@dataclass(slots=True)
class Relay:
    """The state of a running relay; `port` is where clients connect."""

    server_port: int
    port: int = 0
    connections: int = 0
    """Number of open connections of clients."""
    delivered: int = 0
    """Number of bytes that clients were sent."""
    silent: bool = False
    """Whether new connections get no response at all."""
    status: int = 0
    """HTTP status with which each request is refused; 0 to pass it on."""
    _hung_until: int = 0
    """Number of the last connection to the server that delivers nothing more."""
    _to_server: int = 0
    _cut_at: int | None = None
    _stall_at: int | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut_after(self, byte_count: int) -> None:
        """Close all connections when clients have been sent this many more bytes."""
        self._cut_at = self.delivered + byte_count

    def stall_after(self, byte_count: int) -> None:
        """Deliver nothing after this many more bytes; connections stay open."""
        self._stall_at = self.delivered + byte_count

    def hang(self) -> None:
        """Deliver nothing more on the connections that are open now; they stay open, and later ones work."""
        self._hung_until = self._to_server

    def reset(self) -> None:
        """Pass everything on again, over new connections."""
        self.silent, self.status, self._cut_at, self._stall_at = False, 0, None, None
        self.abort()

    def abort(self) -> None:
        """Close all connections at once."""
        for writer in self._writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection until either side closes it."""
        self.connections += 1
        self._writers.add(writer)
        try:
            if self.status:
                await _refuse(reader, writer, self.status)
            elif self.silent:
                while await reader.read(_CHUNK_BYTES):
                    pass
            else:
                await self._connect(reader, writer)
        finally:
            self.connections -= 1
            self._writers.discard(writer)
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.server_port)
            self._writers.add(server_writer)
            try:
                async with asyncio.TaskGroup() as tasks:
                    directions = (
                        tasks.create_task(_copy(reader, server_writer)),
                        tasks.create_task(self._deliver(server_reader, writer)),
                    )
                    await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
                    for direction in directions:
                        direction.cancel()
            finally:
                self._writers.discard(server_writer)
                server_writer.transport.abort()

    async def _deliver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._to_server += 1
        number = self._to_server
        with suppress(ConnectionError):
            while data := await reader.read(_CHUNK_BYTES):
                if number <= self._hung_until:
                    continue
                limits = [at for at in (self._cut_at, self._stall_at) if at is not None]
                if limits and self.delivered + len(data) > min(limits):
                    data = data[: max(0, min(limits) - self.delivered)]
                writer.write(data)
                self.delivered += len(data)
                await writer.drain()
                if self._cut_at is not None and self.delivered >= self._cut_at:
                    self.abort()
                    return
                if self._stall_at is not None and self.delivered >= self._stall_at:
                    await asyncio.Event().wait()


@asynccontextmanager
async def open_relay(server_port: int) -> AsyncIterator[Relay]:
    """Serve a relay to a server on this machine."""
    relay = Relay(server_port)
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        relay.abort()
        for _ in range(_CLOSE_ITERATIONS):
            # Each handler ends within a few iterations of the loop.
            if relay.connections:
                await asyncio.sleep(0)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int) -> None:
    """Answer one request with a status and an empty JSON object."""
    with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if lengths:
            await reader.readexactly(min(int(lengths[0].split(b":")[1]), _MAX_REQUEST_BYTES))
        answer = f"HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
        writer.write(f"{answer}connection: close\r\n\r\n{{}}".encode())
        await writer.drain()
