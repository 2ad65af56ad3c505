"""Bring the database's tables up to date: alembic writes the SQL, asyncpg runs it, one process at a time."""

import asyncio
import io
from pathlib import Path

import asyncpg
import structlog
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

log = structlog.get_logger()

_FOLDER = Path(__file__).parent.parent / "migrations"
_LOCK = 0x7061726C6579
"""Any number will do, as long as all recorders take the same."""


async def migrate(connection: asyncpg.Connection) -> None:
    """Run the steps that the database has not seen; safe to repeat, and from many processes at once."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        present = None
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is not None:
            present = await connection.fetchval("SELECT version_num FROM alembic_version")
        sql = await asyncio.to_thread(_steps_from, present)
        if sql:
            await connection.execute(sql)
            log.info("database migrated", since=present or "nothing")


def _steps_from(present: str | None) -> str:
    written = io.StringIO()
    config = Config(output_buffer=written, stdout=io.StringIO())
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    head = ScriptDirectory.from_config(config).get_current_head()
    if present == head:
        return ""
    command.upgrade(config, f"{present}:{head}" if present else str(head), sql=True)
    return written.getvalue()
