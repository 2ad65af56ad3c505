"""A TCP server that closes all its connections when it ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_ACCEPT_ITERATIONS = 5
"""A connection just accepted needs three iterations of the loop to reach its handler and be closed."""


@asynccontextmanager
async def tcp_server(handle: Handler, port: int = 0) -> AsyncIterator[int]:
    """Serve on the loopback address while entered; yields the port.

    A handler that returns closes its connection. On exit the others are cancelled and every connection
    is closed at once: `asyncio.Server.close()` leaves accepted connections open.
    The first exception of a handler is raised on exit, except that its peer went away.
    """
    connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
    failures: list[BaseException] = []
    stopped = False

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handle(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if stopped:
            writer.transport.abort()
            return
        task = asyncio.create_task(run(reader, writer))
        connections[task] = writer
        task.add_done_callback(finish)

    def finish(task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OSError | EOFError):
            failures.append(error)
        connections[task].close()

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        stopped = True
        server.close()
        for task, writer in connections.items():
            task.cancel()
            # Not close(): it waits for a peer that reads nothing.
            writer.transport.abort()
        await asyncio.gather(*connections, return_exceptions=True)
        for _ in range(_ACCEPT_ITERATIONS):
            await asyncio.sleep(0)
    if failures:
        raise failures[0]
