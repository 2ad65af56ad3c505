"""Migrate the database to the latest schema and exit.

Reads `PARLEY_POSTGRES_URL`. Recorders and brains migrate the database themselves when they connect; run this
before them if their database user may not change tables, or to see an error on a terminal.
"""

import argparse
import asyncio
import sys
from typing import NoReturn

import asyncpg

from parley.database.schema import SchemaTooNew, migrate, read_migrations
from parley.database.settings import DatabaseSettings
from parley.settings import load
from parley.telemetry.setup import configure_logging


async def run(postgres_url: str, timeout_s: float) -> int:
    """Migrate the database at an address and return its version."""
    async with asyncio.timeout(timeout_s):
        connection = await asyncpg.connect(postgres_url)
        try:
            return await migrate(connection, read_migrations())
        finally:
            await connection.close()


def main() -> None:
    """Exit with 0, or with 1 after a line that names the reason."""
    argparse.ArgumentParser(
        prog="python -m parley.database.migrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    settings = load(DatabaseSettings)
    configure_logging("migrate", settings)
    try:
        version = asyncio.run(run(settings.postgres_url.get_secret_value(), settings.start_timeout_s))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        _fail(repr(error))
    except SchemaTooNew as error:
        _fail(str(error))
    print(f"database schema: version {version}")  # noqa: T201 - output of a command


def _fail(reason: str) -> NoReturn:
    print(f"PARLEY_POSTGRES_URL: {reason}", file=sys.stderr)  # noqa: T201 - output of a command
    raise SystemExit(1)


if __name__ == "__main__":
    main()
