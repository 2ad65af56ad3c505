"""Migrations of the database, on a real Postgres."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from parley.database.schema import Migration, SchemaTooNew, migrate, read_migrations
from parley.errors import ProviderUnavailable
from services.recorder.call_record import Call
from services.recorder.storage.postgres import Postgres
from tests.eventually import eventually

MIGRATIONS = read_migrations()
LATEST = len(MIGRATIONS)
APPLIED = [(migration.version, migration.name) for migration in MIGRATIONS]
SLOW = Migration(2, "slow", "CREATE TABLE half_done (n integer); SELECT pg_sleep(30)")
RUNNING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE '%half_done%' AND pid <> pg_backend_pid()
    AND pid = coalesce($1, pid)
"""
"""The server's process that executes `SLOW`; $1 is a process id or NULL."""


@asynccontextmanager
async def connected(postgres_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection to the database."""
    connection = await asyncpg.connect(postgres_url)
    try:
        yield connection
    finally:
        await connection.close()


async def applied(connection: asyncpg.Connection) -> list[tuple[Any, ...]]:
    """Versions and names of the migrations that the database records as applied."""
    rows = await connection.fetch("SELECT version, name FROM schema_migrations ORDER BY version")
    return [tuple(row) for row in rows]


async def columns(connection: asyncpg.Connection, table: str) -> set[str]:
    """Names of a table's columns."""
    rows = await connection.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1", table
    )
    return {row["column_name"] for row in rows}


async def run_command(postgres_url: str, *arguments: str) -> tuple[int | None, str, str]:
    """Run the migration command as a process and return its exit code, output and errors."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "parley.database.migrate", *arguments),
        env={**os.environ, "PARLEY_POSTGRES_URL": postgres_url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out.decode(), err.decode()


async def test_an_empty_database_is_migrated_to_the_latest_version(postgres_url: str) -> None:
    """Migrating it again changes nothing."""
    async with connected(postgres_url) as connection:
        assert await migrate(connection, MIGRATIONS) == LATEST
        assert await migrate(connection, MIGRATIONS) == LATEST

        assert await applied(connection) == APPLIED
        assert {"speculations", "speculations_discarded"} <= await columns(connection, "calls")


async def test_migrating_version_1_to_2_preserves_rows(postgres_url: str) -> None:
    """Renamed columns have the same values."""
    async with connected(postgres_url) as connection:
        await migrate(connection, MIGRATIONS[:1])
        await connection.execute("""
            INSERT INTO calls VALUES ('CA1', 'inbound', '+1555', '+1666', 'clinic', now(), NULL, NULL, NULL,
                NULL, NULL, 3, 1, 42);
            INSERT INTO transcript VALUES ('CA1', 1, 'caller', 'Hi', 0, 500, 1, '', false);
            INSERT INTO turn_timings VALUES ('CA1', 1, 'r1', 'eager', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
            INSERT INTO events VALUES ('CA1', 1, 'x-1-1', 'call.started', 'edge', 1, 1, now(), '{}');
        """)

        assert await migrate(connection, MIGRATIONS[:2]) == 2

        [call] = await connection.fetch("SELECT * FROM calls")
        assert (call["call_sid"], call["from_number"]) == ("CA1", "+1555")
        cost = ("speculations", "speculations_discarded", "discarded_characters")
        assert [call[name] for name in cost] == [3, 1, 42]
        [latency] = await connection.fetch("SELECT * FROM turn_latencies")
        times = (
            *("llm_requested_ms", "first_token_ms", "first_clause_ms", "tts_requested_ms"),
            *("synthesis_started_ms", "playback_started_ms", "first_played_ms", "latency_ms", "overhead_ms"),
        )
        assert [latency[name] for name in times] == list(range(4, 13))
        [line] = await connection.fetch("SELECT speaker, text FROM transcript")
        assert tuple(line) == ("caller", "Hi")
        assert await connection.fetchval("SELECT name FROM events") == "call.started"
        assert not {"guesses", "guesses_dropped"} & await columns(connection, "calls")


async def test_processes_that_start_at_once_migrate_once(postgres_url: str) -> None:
    """The second process waits for the first one and finds nothing left to apply."""
    results = await asyncio.gather(*(run_command(postgres_url) for _ in range(2)))

    assert [result[0] for result in results] == [0, 0], results
    assert all(out == f"database schema: version {LATEST}\n" for _, out, _ in results)
    assert sum(err.count("database_migrated") for _, _, err in results) == LATEST
    async with connected(postgres_url) as connection:
        assert await applied(connection) == APPLIED


async def test_connections_that_start_at_once_migrate_once(postgres_url: str) -> None:
    """There are more contenders than in the test of two processes, and less time between them."""

    async def one() -> int:
        async with connected(postgres_url) as connection:
            return await migrate(connection, MIGRATIONS)

    assert await asyncio.gather(*(one() for _ in range(5))) == [LATEST] * 5


async def test_an_interrupted_migration_leaves_the_version_before_it(postgres_url: str) -> None:
    """Its statements are rolled back, and the next attempt succeeds."""
    async with connected(postgres_url) as connection:
        await migrate(connection, MIGRATIONS[:1])
    async with connected(postgres_url) as doomed, connected(postgres_url) as connection:
        attempt = asyncio.create_task(migrate(doomed, (MIGRATIONS[0], SLOW)))
        pid = doomed.get_server_pid()
        await eventually(lambda: connection.fetchval(RUNNING, pid))
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await attempt

        assert await applied(connection) == APPLIED[:1]
        assert not await columns(connection, "half_done")
        assert await migrate(connection, MIGRATIONS) == LATEST


async def test_a_killed_process_leaves_the_version_before_it(postgres_url: str) -> None:
    """The server rolls back when the running statement ends, and then releases the lock."""
    script = (
        "import asyncio, asyncpg, sys\n"
        "from parley.database.schema import Migration, migrate, read_migrations\n"
        "async def main():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        f"    await migrate(connection, (read_migrations()[0], {SLOW!r}))\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, postgres_url)
    async with connected(postgres_url) as connection:
        waiting = (
            "SELECT pid FROM pg_stat_activity WHERE query LIKE '%half_done%' AND pid <> pg_backend_pid()"
        )
        pid = await eventually(lambda: connection.fetchval(waiting))
        process.kill()
        await process.wait()
        # The server's process sleeps on; a server with client_connection_check_interval ends it by itself.
        await connection.execute("SELECT pg_cancel_backend($1)", pid)

        assert await migrate(connection, MIGRATIONS) == LATEST
        assert await applied(connection) == APPLIED
        assert not await columns(connection, "half_done")


async def test_a_migration_that_fails_leaves_the_version_before_it(postgres_url: str) -> None:
    """Migrations before the failed one stay applied."""
    broken = Migration(2, "broken", "CREATE TABLE half_done (n integer); SELECT * FROM missing")
    async with connected(postgres_url) as connection:
        with pytest.raises(asyncpg.UndefinedTableError):
            await migrate(connection, (MIGRATIONS[0], broken))

        assert await applied(connection) == APPLIED[:1]
        assert not await columns(connection, "half_done")


async def test_a_newer_database_is_refused_and_left_unchanged(postgres_url: str) -> None:
    """The command and the recorder report both versions."""
    newer = Migration(LATEST + 1, "newer", "ALTER TABLE calls RENAME COLUMN speculations TO something_else")
    async with connected(postgres_url) as connection:
        await migrate(connection, (*MIGRATIONS, newer))
        with pytest.raises(SchemaTooNew):
            await migrate(connection, MIGRATIONS)
        assert await applied(connection) == [*APPLIED, (LATEST + 1, "newer")]
    expected = str(SchemaTooNew(LATEST + 1, LATEST))

    code, out, err = await run_command(postgres_url)

    assert (code, out) == (1, "")
    assert expected in err
    assert "Traceback" not in err
    database = Postgres(postgres_url)
    async with database.opened():
        with pytest.raises(ProviderUnavailable, match="supports only versions up to"):
            await database.put_call(_call())
    assert database.unavailable_reason == expected


async def test_a_user_without_the_right_to_create_can_use_a_migrated_database(postgres_url: str) -> None:
    """Recorders can run with fewer rights than the migration command."""
    async with connected(postgres_url) as connection:
        await migrate(connection, MIGRATIONS)
        with suppress(asyncpg.DuplicateObjectError):
            await connection.execute("CREATE ROLE limited")
        await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        await connection.execute("GRANT SELECT ON schema_migrations TO limited")
        await connection.execute("SET ROLE limited")

        assert await migrate(connection, MIGRATIONS) == LATEST


async def test_the_command_explains_itself(postgres_url: str) -> None:
    """`--help` names the setting and touches no database."""
    code, out, _ = await run_command(postgres_url, "--help")

    assert code == 0
    assert "PARLEY_POSTGRES_URL" in out
    async with connected(postgres_url) as connection:
        assert await connection.fetchval("SELECT to_regclass('schema_migrations')") is None


async def test_an_unreachable_database_ends_the_command_with_a_clear_line() -> None:
    """The line names the setting."""
    code, _, err = await run_command("postgresql://postgres@127.0.0.1:1/none")

    assert code == 1
    assert err.startswith("PARLEY_POSTGRES_URL: ")
    assert "Traceback" not in err


def _call() -> Call:
    return Call("CA1", "inbound", "+1555", "+1666", "clinic", datetime.now(UTC))
