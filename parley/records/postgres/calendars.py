"""The calendars in the database, and the times that are booked in them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from parley.records.calendar import Calendar, to_json
from parley.records.interfaces import RecordsUnavailable
from parley.records.slots import Busy

_MAX_CALENDARS = 200
_MAX_BUSY = 20_000

_ALL = "SELECT id, definition FROM calendars ORDER BY name LIMIT $1"
_NAMED = "SELECT id, definition FROM calendars WHERE name = ANY($2) ORDER BY name LIMIT $1"
_PUT = """
INSERT INTO calendars (name, definition) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, updated_at = now()
"""
_BUSY = """
SELECT calendar_id, starts_at, ends_at FROM appointments
WHERE calendar_id = ANY($1) AND cancelled_at IS NULL
    AND starts_at >= $2::timestamptz - interval '1 day' AND starts_at < $3
ORDER BY starts_at LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class StoredCalendar:
    """A calendar with its key in the database."""

    key: int
    calendar: Calendar


async def read_calendars(connection: asyncpg.Connection, names: Sequence[str]) -> list[StoredCalendar]:
    """Read the calendars with these names, in this order, or all.

    Raises:
        RecordsUnavailable: one of them, or any at all, is missing.
    """
    rows = await (
        connection.fetch(_NAMED, _MAX_CALENDARS, list(names))
        if names
        else connection.fetch(_ALL, _MAX_CALENDARS)
    )
    found = {
        stored.calendar.name: stored
        for stored in (
            StoredCalendar(row["id"], Calendar.model_validate(json.loads(row["definition"]))) for row in rows
        )
    }
    missing = [name for name in names if name not in found]
    if missing or not found:
        what = f"calendar {', '.join(missing)}" if missing else "any calendar"
        raise RecordsUnavailable(f"the database does not contain {what}: run `parley data import`")
    return [found[name] for name in names or found]


async def put_calendar(connection: asyncpg.Connection, calendar: Calendar) -> None:
    """Store a calendar, replacing the one of the same name; its appointments stay."""
    await connection.execute(_PUT, calendar.name, json.dumps(to_json(calendar)))


async def busy_spans(
    connection: asyncpg.Connection, calendars: Sequence[StoredCalendar], start: datetime, end: datetime
) -> Mapping[int, list[Busy]]:
    """Return the booked spans of each calendar that may overlap `[start, end)`, by the calendar's key."""
    spans: dict[int, list[Busy]] = {stored.key: [] for stored in calendars}
    for row in await connection.fetch(_BUSY, list(spans), start, end, _MAX_BUSY):
        spans[row["calendar_id"]].append(Busy(row["starts_at"], row["ends_at"]))
    return spans
