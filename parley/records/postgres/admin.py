"""Lists and deletes records, for operators."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import asyncpg

Table: TypeAlias = Literal["appointments", "messages", "leads", "customers", "calendars"]

_LISTS: Mapping[Table, str] = {
    "appointments": """
        SELECT a.reference, c.name AS calendar, c.definition->>'zone' AS zone, a.starts_at, a.ends_at, a.name,
            a.number, a.service, a.note, a.agent, a.call_sid, a.created_at, a.cancelled_at
        FROM appointments a JOIN calendars c ON c.id = a.calendar_id
        WHERE a.starts_at >= $1 ORDER BY a.starts_at, a.id LIMIT $2""",
    "messages": """
        SELECT id, created_at, recipient, urgency, name, callback_number, text, agent, call_sid FROM messages
        WHERE created_at >= $1 ORDER BY created_at DESC, id DESC LIMIT $2""",
    "leads": """
        SELECT id, created_at, name, contact, interest, budget, score, fields, agent, call_sid FROM leads
        WHERE created_at >= $1 ORDER BY created_at DESC, id DESC LIMIT $2""",
    "customers": """
        SELECT id, numbers, fields, updated_at FROM customers WHERE updated_at >= $1 ORDER BY id LIMIT $2""",
    "calendars": """
        SELECT name, definition, updated_at FROM calendars WHERE updated_at >= $1 ORDER BY name LIMIT $2""",
}
_OF_NUMBER: Mapping[str, str] = {
    "customers": "numbers @> ARRAY[$1]",
    "appointments": "number = $1 OR caller_number = $1",
    "leads": "contact = $1 OR caller_number = $1",
    "messages": "callback_number = $1 OR caller_number = $1",
    "tool_effects": "caller_number = $1",
    "calls": "from_number = $1 OR to_number = $1",
}
_OLDER_THAN: Mapping[str, str] = {
    "appointments": "starts_at < $1",
    "leads": "created_at < $1",
    "messages": "created_at < $1",
    "tool_effects": "created_at < $1",
}


@dataclass(frozen=True, slots=True)
class Deleted:
    """Numbers of deleted rows by table, and the recordings of deleted calls."""

    rows: Mapping[str, int]
    recordings: tuple[str, ...] = ()


async def list_rows(
    connection: asyncpg.Connection, table: Table, since: datetime, limit: int
) -> list[dict[str, Any]]:
    """Return the rows of a table: appointments by time, messages and leads the latest first."""
    return [dict(row) for row in await connection.fetch(_LISTS[table], since, limit)]


async def delete_number(connection: asyncpg.Connection, number: str) -> Deleted:
    """Delete all rows of a person with this number; a call's transcript and events go with its row."""
    recordings = await connection.fetch(
        f"SELECT recording_url, transcript_url FROM calls WHERE {_OF_NUMBER['calls']}",  # noqa: S608 - our text
        number,
    )
    urls = (url for row in recordings for url in row.values() if url)
    return Deleted(await _delete(connection, _OF_NUMBER, number), tuple(urls))


async def delete_older(connection: asyncpg.Connection, before: datetime) -> Deleted:
    """Delete appointments, leads, messages and results of tools of before a time."""
    return Deleted(await _delete(connection, _OLDER_THAN, before))


async def _delete(
    connection: asyncpg.Connection, conditions: Mapping[str, str], value: object
) -> dict[str, int]:
    deleted = {}
    for table, condition in conditions.items():
        status = await connection.execute(f"DELETE FROM {table} WHERE {condition}", value)  # noqa: S608 - our text
        deleted[table] = int(status.rpartition(" ")[2])
    return deleted
