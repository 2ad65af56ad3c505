"""Connections of one process to the database, which may be unreachable at its start and later."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import asyncpg
import stamina
import structlog

from parley.database.schema import SchemaTooNew, migrate, read_migrations
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable

log = structlog.get_logger()

PROVIDER = "postgres"
TIMEOUT_S = 30.0
"""Time limit of an operation that no caller waits for."""
_CONNECT_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 5.0
_CHECK_INTERVAL_S = 5.0
_CHECK_TIMEOUT_S = 5.0
_RETRY_MIN_WAIT_S = 0.25
_RETRY_MAX_WAIT_S = 5.0
_CONFLICTS = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IntegrityConstraintViolationError,
)
"""Errors of a transaction that may succeed when it is repeated; the server is available."""

Result = TypeVar("Result")


class Database:
    """A pool of connections to a migrated database. A monitor, once started, keeps checking the server."""

    def __init__(self, url: str, application_name: str, max_connections: int = 4) -> None:
        """Create the pool without connecting; `application_name` is what the server shows for it."""
        self.unavailable_reason = "database not checked yet"
        """Reason why queries fail at present; empty if they succeed."""
        self._url = url
        self._application_name = application_name
        self._max_connections = max_connections
        self._migrations = read_migrations()
        self._pool: asyncpg.Pool | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._monitor: asyncio.Task[None] | None = None
        self._available = asyncio.Event()
        self._check_requested = asyncio.Event()
        self._migrated = False
        self._migrating = asyncio.Lock()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep the pool open while entered; connects to the server only when it is used or monitored."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._max_connections,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=TIMEOUT_S,
            server_settings={"application_name": self._application_name},
        )
        try:
            async with asyncio.TaskGroup() as self._tasks:
                try:
                    yield
                finally:
                    if self._monitor is not None:
                        self._monitor.cancel()
        finally:
            self._tasks = self._monitor = None
            await self._close()

    def start(self) -> None:
        """Begin to connect and to monitor the server in the background, unless that has begun."""
        if self._monitor is None and self._tasks is not None:
            self._monitor = self._tasks.create_task(self._watch(), name="monitor the database")

    @asynccontextmanager
    async def connection(self, timeout_s: float = TIMEOUT_S) -> AsyncIterator[asyncpg.Connection]:
        """A connection to the migrated database, for at most `timeout_s` including the wait for it.

        Raises:
            ProviderError: the database is unavailable or rejects a value.
        """
        if self._pool is None:
            raise ProviderUnavailable(PROVIDER, "not opened")
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._pool.acquire(timeout=min(timeout_s, _CONNECT_TIMEOUT_S * 2)) as connection,
            ):
                await self._migrate_once(connection)
                yield connection
        except asyncpg.DataError as error:
            raise ProviderRejected(PROVIDER, type(error).__name__) from error
        except TimeoutError as error:
            self._lost("database does not respond")
            raise ProviderTimeout(PROVIDER, f"no response within {timeout_s:g} s") from error
        except SchemaTooNew as error:
            self._lost(str(error))
            raise ProviderUnavailable(PROVIDER, str(error)) from error
        except _CONFLICTS as error:
            raise ProviderUnavailable(PROVIDER, type(error).__name__) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._lost(f"database unreachable: {type(error).__name__}")
            # The next server to be reached may hold a different database with an older schema.
            self._migrated = False
            raise ProviderUnavailable(PROVIDER, repr(error)) from error
        self.unavailable_reason = ""
        self._available.set()

    async def transaction(
        self, work: Callable[[asyncpg.Connection], Awaitable[Result]], timeout_s: float
    ) -> Result:
        """Run `work` in a transaction and commit it, as `run` does."""

        async def in_transaction(connection: asyncpg.Connection) -> Result:
            async with connection.transaction():
                return await work(connection)

        return await self.run(in_transaction, timeout_s)

    async def run(self, work: Callable[[asyncpg.Connection], Awaitable[Result]], timeout_s: float) -> Result:
        """Run `work` with a connection; repeat it after a lost connection or a conflict.

        A lost connection may have committed, so `work` must have no second effect when it is repeated. While
        the monitor finds the server unreachable, this waits for it instead of connecting too.

        Raises:
            ProviderError: the database was unavailable for `timeout_s`, or rejects a value.
        """
        self.start()
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        while True:
            await self._wait_available(deadline_s - loop.time())
            try:
                async with self.connection(deadline_s - loop.time()) as connection:
                    return await work(connection)
            except ProviderError as error:
                if not error.retryable or loop.time() + _RETRY_MIN_WAIT_S >= deadline_s:
                    raise
            await asyncio.sleep(_RETRY_MIN_WAIT_S)

    async def _wait_available(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._available.wait()
        except TimeoutError:
            raise ProviderUnavailable(PROVIDER, self.unavailable_reason) from None

    def _lost(self, reason: str) -> None:
        self.unavailable_reason = reason
        self._available.clear()
        self._check_requested.set()

    async def _watch(self) -> None:
        """Check the database for as long as the process runs; the first check migrates it."""
        while True:
            retries = stamina.retry_context(
                on=ProviderError,
                attempts=None,
                timeout=None,
                wait_initial=_RETRY_MIN_WAIT_S,
                wait_max=_RETRY_MAX_WAIT_S,
            )
            async for attempt in retries:
                with attempt:
                    await self._check()
            self._check_requested.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_INTERVAL_S):
                    await self._check_requested.wait()

    async def _check(self) -> None:
        """Execute a query, and log if the database has become available or unavailable."""
        reason_before = self.unavailable_reason
        try:
            # The first check migrates, which may take as long as it needs.
            async with self.connection(_CHECK_TIMEOUT_S if self._migrated else TIMEOUT_S) as connection:
                await connection.execute("SELECT 1")
        except ProviderError as error:
            if reason_before != self.unavailable_reason:
                log.error("database_unavailable", error=str(error), setting="PARLEY_POSTGRES_URL")
            raise
        if reason_before:
            log.info("database_available")

    async def _migrate_once(self, connection: asyncpg.Connection) -> None:
        async with self._migrating:
            if not self._migrated:
                await migrate(connection, self._migrations)
                self._migrated = True

    async def _close(self) -> None:
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_TIMEOUT_S)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._pool.terminate()
            log.warning("database_pool_terminated", error=repr(error))
