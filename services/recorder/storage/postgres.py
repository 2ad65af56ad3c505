"""Call records in Postgres. Each write is one transaction and can be repeated without effect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import stamina
import structlog

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.v1.event_pb2 import Event
from services.recorder.call_record import Call, CallRecord, event_row, latency_row, line_row
from services.recorder.storage.migrate import SchemaTooNew, migrate, read_migrations

log = structlog.get_logger()

_PROVIDER = "postgres"
_CONNECT_TIMEOUT_S = 5.0
_TIMEOUT_S = 30.0
_RECORD_TIMEOUT_S = 300.0
"""For all rows of a call, whose events are read from the bus meanwhile."""
_CLOSE_TIMEOUT_S = 5.0
_MAX_CONNECTIONS = 4
_CHECK_INTERVAL_S = 5.0
_RETRY_MIN_WAIT_S = 0.5
_RETRY_MAX_WAIT_S = 5.0

_PUT_CALL = """
INSERT INTO calls (call_sid, direction, from_number, to_number, agent, started_at, ended_at, duration_ms,
    end_reason, recording_url, transcript_url, speculations, speculations_discarded, discarded_characters)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (call_sid) DO UPDATE SET
    ended_at = coalesce(excluded.ended_at, calls.ended_at),
    duration_ms = coalesce(excluded.duration_ms, calls.duration_ms),
    end_reason = coalesce(excluded.end_reason, calls.end_reason),
    recording_url = coalesce(excluded.recording_url, calls.recording_url),
    transcript_url = coalesce(excluded.transcript_url, calls.transcript_url),
    speculations = excluded.speculations,
    speculations_discarded = excluded.speculations_discarded,
    discarded_characters = excluded.discarded_characters
"""
_PUT_LINE = """
INSERT INTO transcript (call_sid, n, speaker, text, start_ms, end_ms, turn, reply_id, interrupted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_PUT_LATENCY = """
INSERT INTO turn_latencies (call_sid, turn, reply_id, decided_by, speech_end_ms, turn_ended_ms,
    reply_started_ms, llm_requested_ms, first_token_ms, first_clause_ms, tts_requested_ms,
    synthesis_started_ms, playback_started_ms, first_played_ms, latency_ms, overhead_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_EVENT_COLUMNS = ("call_sid", "n", "id", "name", "stage", "epoch", "sequence", "sent_at", "body")


class Postgres:
    """The database of call records, which may be unreachable at the start of the process and later."""

    def __init__(self, url: str) -> None:
        self.unavailable_reason = "database not checked yet"
        """Reason why records cannot be written at present; empty if they can."""
        self._url = url
        self._migrations = read_migrations()
        self._pool: asyncpg.Pool | None = None
        self._migrated = False
        self._migrating = asyncio.Lock()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep a connection pool open while entered, without waiting for the server."""
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
                monitor = tasks.create_task(self._monitor())
                try:
                    yield
                finally:
                    monitor.cancel()
        finally:
            await self._close()

    async def _close(self) -> None:
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_TIMEOUT_S)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self._pool.terminate()
            log.warning("database_pool_terminated", error=repr(error))

    async def put_call(self, call: Call) -> None:
        """Write the row of a call that has started.

        Raises:
            ProviderError: the database is unavailable or rejects the row.
        """
        async with self._connection() as connection:
            await connection.execute(_PUT_CALL, *_call_row(call))

    async def put_record(self, record: CallRecord, events: Callable[[], AsyncIterator[Event]]) -> None:
        """Write all rows of a finished call in one transaction, replacing earlier ones.

        `events` reads the call's log, which is never in memory as a whole.

        Raises:
            ProviderError: the database is unavailable or rejects a row.
            BusError: the log cannot be read.
        """
        sid = record.call.call_sid
        async with self._connection(_RECORD_TIMEOUT_S) as connection, connection.transaction():
            await connection.execute(_PUT_CALL, *_call_row(record.call))
            for table in ("transcript", "turn_latencies", "events"):
                await connection.execute(f"DELETE FROM {table} WHERE call_sid = $1", sid)  # noqa: S608 - our names
            await connection.executemany(
                _PUT_LINE, (line_row(sid, n, line) for n, line in enumerate(record.lines, 1))
            )
            await connection.executemany(
                _PUT_LATENCY, (latency_row(sid, latency) for latency in record.latencies)
            )
            await connection.copy_records_to_table(
                "events", records=_event_rows(events()), columns=_EVENT_COLUMNS, timeout=_RECORD_TIMEOUT_S
            )

    async def _monitor(self) -> None:
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
            await asyncio.sleep(_CHECK_INTERVAL_S)

    async def _check(self) -> None:
        """Execute a query, and log if the database has become available or unavailable."""
        reason_before = self.unavailable_reason
        try:
            async with self._connection() as connection:
                await connection.execute("SELECT 1")
        except ProviderError as error:
            if reason_before != self.unavailable_reason:
                # Calls are still recorded; only their rows wait.
                log.error("database_unavailable", error=str(error))
            raise
        if reason_before:
            log.info("database_available")

    @asynccontextmanager
    async def _connection(self, timeout_s: float = _TIMEOUT_S) -> AsyncIterator[asyncpg.Connection]:
        """A connection to a migrated database; errors become ProviderError and set `unavailable_reason`."""
        if self._pool is None:
            raise ProviderUnavailable(_PROVIDER, "not opened")
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._pool.acquire(timeout=_CONNECT_TIMEOUT_S * 2) as connection,
            ):
                await self._migrate_once(connection)
                yield connection
        except asyncpg.DataError as error:
            raise ProviderRejected(_PROVIDER, f"{type(error).__name__}") from error
        except TimeoutError as error:
            self.unavailable_reason = "database does not respond"
            raise ProviderTimeout(_PROVIDER, f"no response within {timeout_s:g} s") from error
        except SchemaTooNew as error:
            self.unavailable_reason = str(error)
            raise ProviderUnavailable(_PROVIDER, str(error)) from error
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            self.unavailable_reason = f"database unreachable: {type(error).__name__}"
            # The next server to be reached may hold a different database with an older schema.
            self._migrated = False
            raise ProviderUnavailable(_PROVIDER, repr(error)) from error
        self.unavailable_reason = ""

    async def _migrate_once(self, connection: asyncpg.Connection) -> None:
        async with self._migrating:
            if not self._migrated:
                await migrate(connection, self._migrations)
                self._migrated = True


async def _event_rows(events: AsyncIterator[Event]) -> AsyncIterator[tuple[object, ...]]:
    n = 0
    async for event in events:
        n += 1
        yield event_row(n, event)


def _call_row(call: Call) -> tuple[object, ...]:
    cost = call.speculation_cost
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
        cost.speculations,
        cost.discarded,
        cost.discarded_characters,
    )
