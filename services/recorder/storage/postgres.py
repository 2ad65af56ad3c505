"""Calls in Postgres: written whole and at once, the same again changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from services.recorder.call_record import Call, CallRecord, event_row, latency_row, line_row
from services.recorder.storage.migrate import migrate

log = structlog.get_logger()

_PROVIDER = "postgres"
_CONNECT_TIMEOUT_S = 5.0
_TIMEOUT_S = 30.0
_CLOSE_TIMEOUT_S = 5.0
_MAX_CONNECTIONS = 4
_MAX_CHECK_INTERVAL_S = 5.0
_FIRST_CHECK_INTERVAL_S = 0.5

_PUT_CALL = """
INSERT INTO calls (call_sid, direction, from_number, to_number, agent, started_at, ended_at, duration_ms,
    end_reason, recording_url, transcript_url, guesses, guesses_dropped, dropped_characters)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (call_sid) DO UPDATE SET
    ended_at = coalesce(excluded.ended_at, calls.ended_at),
    duration_ms = coalesce(excluded.duration_ms, calls.duration_ms),
    end_reason = coalesce(excluded.end_reason, calls.end_reason),
    recording_url = coalesce(excluded.recording_url, calls.recording_url),
    transcript_url = coalesce(excluded.transcript_url, calls.transcript_url),
    guesses = excluded.guesses,
    guesses_dropped = excluded.guesses_dropped,
    dropped_characters = excluded.dropped_characters
"""
_PUT_LINE = "INSERT INTO transcript VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_PUT_LATENCY = """
INSERT INTO turn_timings VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_PUT_EVENT = "INSERT INTO events VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"


class Postgres:
    """The database; it need not be there when the process starts, and may go and come back."""

    def __init__(self, url: str) -> None:
        self.unavailable_reason = "database not asked yet"
        """Why it cannot be written now; empty when it can."""
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._migrated = False
        self._migrating = asyncio.Lock()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connections while entered; does not wait for the server."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=_MAX_CONNECTIONS,
            timeout=_CONNECT_TIMEOUT_S,
            command_timeout=_TIMEOUT_S,
            server_settings={"application_name": "parley-recorder"},
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._monitor())
                try:
                    yield
                finally:
                    watching.cancel()
        finally:
            await self._close()

    async def _close(self) -> None:
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_TIMEOUT_S)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._pool.terminate()
            log.warning("database closed in haste", error=repr(error))

    async def put_call(self, call: Call) -> None:
        """Write the outer facts of a call that has begun.

        Raises:
            ProviderError: it is away, or takes no such rows.
        """
        async with self._connection() as connection:
            await connection.execute(_PUT_CALL, *_call_row(call))

    async def put_record(self, record: CallRecord) -> None:
        """Write all of a finished call, or nothing.

        Raises:
            ProviderError: it is away, or takes no such rows.
        """
        sid = record.call.call_sid
        async with self._connection() as connection, connection.transaction():
            await connection.execute(_PUT_CALL, *_call_row(record.call))
            for table in ("transcript", "turn_timings", "events"):
                await connection.execute(f"DELETE FROM {table} WHERE call_sid = $1", sid)  # noqa: S608 - our names
            await connection.executemany(
                _PUT_LINE, [line_row(sid, n, line) for n, line in enumerate(record.lines, 1)]
            )
            await connection.executemany(
                _PUT_LATENCY, [latency_row(sid, timing) for timing in record.latencies]
            )
            await connection.executemany(
                _PUT_EVENT, [event_row(n, event) for n, event in enumerate(record.events, 1)]
            )

    async def _monitor(self) -> None:
        """Long-lived: know whether it can be written, make its tables, say so when it changes."""
        pause_s = _FIRST_CHECK_INTERVAL_S
        while True:
            before = self.unavailable_reason
            try:
                async with self._connection() as connection:
                    await connection.execute("SELECT 1")
            except ProviderError as error:
                if before != self.unavailable_reason:
                    log.error("database is away; calls are recorded, rows wait", error=str(error))
            else:
                if before:
                    log.info("database is there")
            # Soon at the start, when it may be about to come up; a refused password does not spin.
            await asyncio.sleep(pause_s if self.unavailable_reason else _MAX_CHECK_INTERVAL_S)
            pause_s = min(pause_s * 2, _MAX_CHECK_INTERVAL_S)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        if self._pool is None:
            raise ProviderUnavailable(_PROVIDER, "not opened")
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                self._pool.acquire(timeout=_CONNECT_TIMEOUT_S * 2) as connection,
            ):
                await self._migrate_once(connection)
                yield connection
        except asyncpg.DataError as error:
            raise ProviderRejected(_PROVIDER, f"{type(error).__name__}") from error
        except TimeoutError as error:
            self.unavailable_reason = "database does not answer"
            raise ProviderTimeout(_PROVIDER, f"no answer within {_TIMEOUT_S:g} s") from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.unavailable_reason = f"database is away: {type(error).__name__}"
            # Another database may come back in its place, without our tables.
            self._migrated = False
            raise ProviderUnavailable(_PROVIDER, repr(error)) from error
        self.unavailable_reason = ""

    async def _migrate_once(self, connection: asyncpg.Connection) -> None:
        async with self._migrating:
            if not self._migrated:
                await migrate(connection)
                self._migrated = True


def _call_row(call: Call) -> tuple[object, ...]:
    return (
        call.call_sid,
        call.direction,
        call.from_number,
        call.to_number,
        call.agent,
        call.started_at,
        call.ended_at,
        call.duration_ms,
        call.end_reason,
        call.recording_url,
        call.transcript_url,
        call.speculation_cost.speculations,
        call.speculation_cost.discarded,
        call.speculation_cost.discarded_characters,
    )
