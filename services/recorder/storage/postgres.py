"""Call records in Postgres. Each write is one transaction and can be repeated without effect."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from parley.database.connections import Database
from parley.v1.event_pb2 import Event
from services.recorder.call_record import Call, CallRecord, event_row, latency_row, line_row, outcomes
from services.recorder.collected import as_objects

_RECORD_TIMEOUT_S = 300.0
"""For all rows of a call, whose events are read from the bus meanwhile."""

_PUT_CALL = """
INSERT INTO calls (call_sid, direction, from_number, to_number, agent, started_at, ended_at, duration_ms,
    end_reason, recording_url, transcript_url, speculations, speculations_discarded, discarded_characters,
    agents, data, tokens, transfers, text_messages, voicemail_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (call_sid) DO UPDATE SET
    ended_at = coalesce(excluded.ended_at, calls.ended_at),
    duration_ms = coalesce(excluded.duration_ms, calls.duration_ms),
    end_reason = coalesce(excluded.end_reason, calls.end_reason),
    recording_url = coalesce(excluded.recording_url, calls.recording_url),
    transcript_url = coalesce(excluded.transcript_url, calls.transcript_url),
    speculations = excluded.speculations,
    speculations_discarded = excluded.speculations_discarded,
    discarded_characters = excluded.discarded_characters,
    agents = excluded.agents,
    data = excluded.data,
    tokens = excluded.tokens,
    transfers = excluded.transfers,
    text_messages = excluded.text_messages,
    voicemail_url = coalesce(excluded.voicemail_url, calls.voicemail_url)
"""
_PUT_LINE = """
INSERT INTO transcript (call_sid, n, speaker, text, start_ms, end_ms, turn, reply_id, interrupted, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_PUT_LATENCY = """
INSERT INTO turn_latencies (call_sid, turn, reply_id, decided_by, speech_end_ms, turn_ended_ms,
    reply_started_ms, llm_requested_ms, first_token_ms, first_clause_ms, tts_requested_ms,
    synthesis_started_ms, playback_started_ms, first_played_ms, latency_ms, overhead_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""
_EVENT_COLUMNS = ("call_sid", "n", "id", "name", "stage", "epoch", "sequence", "sent_at", "body")


class Postgres:
    """The database of call records."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, "parley-recorder")

    @property
    def unavailable_reason(self) -> str:
        """Reason why records cannot be written at present; empty if they can."""
        return self._database.unavailable_reason

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Keep a connection pool open while entered, without waiting for the server."""
        async with self._database.opened():
            self._database.start()
            yield

    async def put_call(self, call: Call) -> None:
        """Write the row of a call that has started.

        Raises:
            ProviderError: the database is unavailable or rejects the row.
        """
        async with self._database.connection() as connection:
            await connection.execute(_PUT_CALL, *_call_row(call))

    async def put_record(self, record: CallRecord, events: Callable[[], AsyncIterator[Event]]) -> None:
        """Write all rows of a finished call in one transaction, replacing earlier ones.

        `events` reads the call's log, which is never in memory as a whole.

        Raises:
            ProviderError: the database is unavailable or rejects a row.
            BusError: the log cannot be read.
        """
        sid = record.call.call_sid
        async with self._database.connection(_RECORD_TIMEOUT_S) as connection, connection.transaction():
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
        [call.agent, *call.next_agents],
        json.dumps(as_objects(call.data), ensure_ascii=False),
        *(json.dumps(value, ensure_ascii=False) for value in outcomes(call).values()),
        call.voicemail_url,
    )
