"""A TCP server that closes all its connections when it ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_CLOSE_ITERATIONS = 3
"""A closed transport needs an iteration of the loop to close its socket."""
_BACKLOG = 100


@asynccontextmanager
async def tcp_server(handle: Handler, port: int = 0) -> AsyncIterator[int]:
    """Serve on the loopback address while entered; yields the port.

    A handler that returns closes its connection. On exit the others are cancelled and every connection
    is closed at once. `asyncio.start_server` would leave accepted connections open, and before Python 3.12
    also those accepted in the iteration of the loop in which it closes.
    The first exception of a handler is raised on exit, except that its peer went away.
    """
    connections = _Connections(handle)
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", port), backlog=_BACKLOG) as listener:
        listener.setblocking(False)
        loop.add_reader(listener, connections.accept, listener)
        try:
            yield int(listener.getsockname()[1])
        finally:
            loop.remove_reader(listener)
            await connections.close()
    if connections.failures:
        raise connections.failures[0]


@dataclass(slots=True)
class _Connections:
    """The connections that a server has accepted."""

    handle: Handler
    failures: list[BaseException] = field(default_factory=list)
    _sockets: dict[asyncio.Task[None], socket.socket] = field(default_factory=dict)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def accept(self, listener: socket.socket) -> None:
        """Accept one connection, unless its peer has gone."""
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        task = asyncio.create_task(self._run(connection))
        self._sockets[task] = connection
        task.add_done_callback(self._finish)

    async def close(self) -> None:
        """Cancel the handlers and close every connection."""
        for task in self._sockets:
            task.cancel()
        await asyncio.gather(*self._sockets, return_exceptions=True)
        for writer in self._writers:
            # Not close(): it waits for a peer that reads nothing.
            writer.transport.abort()
        for _ in range(_CLOSE_ITERATIONS):
            await asyncio.sleep(0)
        for connection in self._sockets.values():
            connection.close()

    async def _run(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection)
        self._writers.append(writer)
        try:
            await self.handle(reader, writer)
        finally:
            writer.close()

    def _finish(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OSError | EOFError):
            self.failures.append(error)
