"""Bring the database up to date and end: `python -m services.recorder.migrate`."""

import asyncio
import sys

import asyncpg

from parley.settings import load
from parley.telemetry.setup import configure_logging
from services.recorder.settings import RecorderSettings
from services.recorder.storage.migrate import migrate


async def run(postgres_url: str, timeout_s: float) -> None:
    """Migrate the database at an address."""
    async with asyncio.timeout(timeout_s):
        connection = await asyncpg.connect(postgres_url)
        try:
            await migrate(connection)
        finally:
            await connection.close()


def main() -> None:
    """Exit code 0, or 1 after a line that says why."""
    settings = load(RecorderSettings)
    configure_logging("migrate", settings)
    try:
        asyncio.run(run(settings.postgres_url.get_secret_value(), settings.start_timeout_s))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        print(f"PARLEY_POSTGRES_URL: {error!r}", file=sys.stderr)  # noqa: T201 - for the person who typed it
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
