"""Schema migrations: numbered SQL files, applied once, in order, one transaction each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog

from parley.errors import ParleyError

log = structlog.get_logger()

MIGRATIONS_FOLDER = Path(__file__).parent / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_(\w+)\.sql")
_ADVISORY_LOCK = 0x7061726C6579
"""Key of the advisory lock that a migrating process holds; arbitrary, but the same in every process."""

_CREATE_VERSIONS = """
CREATE TABLE schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class SchemaTooNew(ParleyError):
    """The database has been migrated by a newer version of Parley."""

    def __init__(self, database_version: int, latest_version: int) -> None:
        super().__init__(
            f"the database's schema is version {database_version}, but this version of Parley supports only "
            f"versions up to {latest_version}; run the version of Parley that migrated it, or a newer one"
        )


@dataclass(frozen=True, slots=True)
class Migration:
    """One SQL file: the step from version `version - 1` of the schema to `version`."""

    version: int
    name: str
    sql: str


def read_migrations(folder: Path = MIGRATIONS_FOLDER) -> tuple[Migration, ...]:
    """Read a folder's migrations in the order of their versions.

    Raises:
        ValueError: a file is not named like `0001_calls.sql`, or the versions are not 1, 2, 3 and so on.
    """
    migrations = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise ValueError(f"{path.name}: not named like 0001_calls.sql")
        migrations.append(Migration(int(match[1]), match[2], path.read_text("utf-8")))
    versions = [migration.version for migration in migrations]
    if versions != list(range(1, len(versions) + 1)):
        raise ValueError(f"{folder}: versions {versions} do not count up from 1")
    return tuple(migrations)


async def migrate(connection: asyncpg.Connection, migrations: Sequence[Migration]) -> int:
    """Apply the migrations that the database lacks and return its version.

    Safe to repeat and to run in several processes at once. An interrupted migration is rolled back, and the
    database stays at the version before it.

    Raises:
        SchemaTooNew: the database is at a higher version than the last migration; it is left unchanged.
    """
    while True:
        # At "read committed", statements after the lock see what its previous holder committed.
        async with connection.transaction(isolation="read_committed"):
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ADVISORY_LOCK)
            version = await _version(connection)
            if version > len(migrations):
                raise SchemaTooNew(version, len(migrations))
            if version == len(migrations):
                return version
            await _apply(connection, migrations[version])
        log.info("database_migrated", version=version + 1, name=migrations[version].name)


async def _version(connection: asyncpg.Connection) -> int:
    """Schema version of a database; 0 for an empty one."""
    # The table is looked up first: CREATE TABLE IF NOT EXISTS needs the right to create even if it exists.
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        await connection.execute(_CREATE_VERSIONS)
    return int(await connection.fetchval("SELECT coalesce(max(version), 0) FROM schema_migrations"))


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    await connection.execute(migration.sql)
    await connection.execute(
        "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)", migration.version, migration.name
    )
