"""A real NATS server with JetStream for tests, on a free port."""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from cli.free_port import free_port
from tests.eventually import eventually


class NatsServer:
    """One server process, which can be killed and started again with the same address and store."""

    def __init__(self, folder: str, port: int) -> None:
        self.port = port
        self.url = f"nats://127.0.0.1:{port}"
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start and wait until it accepts connections."""
        program = Path(sys.executable).parent / "nats-server"
        self._process = await asyncio.create_subprocess_exec(
            program,
            "-js",
            "-sd",
            self._folder,
            "-a",
            "127.0.0.1",
            "-p",
            str(self.port),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await eventually(self._accepts_connections, retry_on=OSError)

    async def _accepts_connections(self) -> bool:
        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.close()
        return True

    def freeze(self) -> None:
        """Stop the process: its sockets stay open, and it reads nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
            while psutil.Process(self._process.pid).status() != psutil.STATUS_STOPPED:
                time.sleep(0.001)

    def thaw(self) -> None:
        """Continue the process."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    async def kill(self) -> None:
        """Kill the process."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def running_nats() -> AsyncIterator[NatsServer]:
    """A running server with an empty store; it is killed on exit."""
    with tempfile.TemporaryDirectory(prefix="parley-nats-") as folder:
        server = NatsServer(folder, free_port())
        await server.start()
        try:
            yield server
        finally:
            await server.kill()
