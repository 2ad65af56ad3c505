"""The connections of a process to a real Postgres, which goes away and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from cli.free_port import free_port
from parley.database.connections import Database
from parley.errors import ProviderError, ProviderRejected, ProviderUnavailable
from tests.eventually import eventually
from tests.postgres_server import running_postgres


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Open the connections of a process."""
    database = Database(url, "parley-test")
    async with database.opened():
        yield database


async def insert(connection: asyncpg.Connection) -> int:
    """A statement that is counted."""
    return int(await connection.fetchval("INSERT INTO effects DEFAULT VALUES RETURNING n"))


async def test_nothing_connects_before_the_first_use(postgres_url: str) -> None:
    """A process opens no connection until an agent needs one."""
    async with opened(postgres_url) as database:
        connection = await asyncpg.connect(postgres_url)
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'parley-test'"
        assert await connection.fetchval(sessions) == 0

        assert await database.transaction(lambda used: used.fetchval("SELECT 1"), 5.0) == 1

        assert await connection.fetchval(sessions) == 1
        assert await connection.fetchval("SELECT max(version) FROM schema_migrations") >= 2
        await connection.close()


async def test_a_database_that_is_down_fails_an_operation_in_time() -> None:
    """The reason names the cause."""
    async with opened(f"postgresql://postgres@127.0.0.1:{free_port()}/none") as database:
        began_s = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="database unreachable: ConnectionRefusedError"):
            await database.transaction(insert, 0.6)
        assert 0.5 < time.monotonic() - began_s < 2.0


async def test_a_server_that_does_not_answer_fails_an_operation_in_time() -> None:
    """The connection is accepted, and nothing comes back."""
    async with asyncio.TaskGroup() as tasks:
        server = await asyncio.start_server(
            lambda _reader, writer: tasks.create_task(_close_later(writer)), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        async with opened(f"postgresql://postgres@127.0.0.1:{port}/none") as database:
            began_s = time.monotonic()
            with pytest.raises(ProviderError):
                await database.transaction(insert, 0.6)
            assert time.monotonic() - began_s < 2.0
        server.close()


async def _close_later(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(1.0)
    writer.close()
    await writer.wait_closed()


async def test_an_operation_survives_a_restart_of_the_server() -> None:
    """It waits for the server, and a lost connection is replaced."""
    with running_postgres() as server:
        url = server.url()
        async with opened(url) as database:
            create = "CREATE TABLE effects (n serial)"
            await database.transaction(lambda connection: connection.execute(create), 10.0)
            server.stop()
            waiting = asyncio.create_task(database.transaction(insert, 20.0))
            await eventually(lambda: bool(database.unavailable_reason))
            server.start()

            assert await waiting == 1
            assert database.unavailable_reason == ""


async def test_a_lost_connection_is_replaced_within_an_operation(postgres_url: str) -> None:
    """The first attempt's statements are rolled back."""
    async with opened(postgres_url) as database:
        create = "CREATE TABLE effects (n serial)"
        await database.transaction(lambda connection: connection.execute(create), 10.0)
        attempts = []

        async def work(connection: asyncpg.Connection) -> int:
            attempts.append(connection.get_server_pid())
            n = await insert(connection)
            if len(attempts) == 1:
                other = await asyncpg.connect(postgres_url)
                await other.execute("SELECT pg_terminate_backend($1)", attempts[0])
                await other.close()
            await connection.execute("SELECT 1")
            return n

        await database.transaction(work, 5.0)

        assert len(attempts) == 2
        count = "SELECT count(*) FROM effects"
        assert await database.transaction(lambda connection: connection.fetchval(count), 5.0) == 1


async def test_a_refused_value_is_not_repeated(postgres_url: str) -> None:
    """The server is all right, so other operations do not wait."""
    async with opened(postgres_url) as database:
        with pytest.raises(ProviderRejected):
            await database.transaction(lambda used: used.fetchval("SELECT $1::int", 2**40), 5.0)

        assert database.unavailable_reason == ""
        assert await database.transaction(lambda used: used.fetchval("SELECT 1"), 1.0) == 1
