"""Appointments in Postgres. A constraint of the table refuses two that overlap in one calendar."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from parley.records.calendar import Calendar
from parley.records.postgres.calendars import StoredCalendar, busy_spans, read_calendars
from parley.records.slots import free_slots, nearest, parse_local, search_window, slot_at, why_not
from parley.records.types import (
    Appointment,
    BookingProblem,
    BookingResult,
    Cancellation,
    CancelResult,
    NewAppointment,
    Request,
    Slot,
    SlotQuery,
)

_MAX_CANDIDATES = 10
_ALTERNATIVES_BEFORE = timedelta(days=7)
_ALTERNATIVES_AFTER = timedelta(days=14)
_REFERENCE_DIGITS = (6, 6, 6, 8, 10, 12)
"""Lengths to try: few digits are easy to say, more are free if most short ones are in use."""
_SECONDS_PER_CALENDAR = 100_000_000_000
_MAX_LENGTH = timedelta(days=1)

_COLUMNS = "a.id, a.reference, a.starts_at, a.ends_at, a.name, a.number, a.note, a.service, c.definition"
_INSERT = """
INSERT INTO appointments (reference, calendar_id, starts_at, ends_at, busy, name, number, note, service,
    caller_number, agent, call_sid)
VALUES ($1, $2, $3, $4, int8range($5, $6), $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (reference) DO NOTHING RETURNING true
"""
_BY_REFERENCE = f"""
SELECT {_COLUMNS} FROM appointments a JOIN calendars c ON c.id = a.calendar_id
WHERE a.reference = $1 AND a.cancelled_at IS NULL AND a.ends_at > $2
    AND ($3 OR ($4 <> '' AND (a.number = $4 OR a.caller_number = $4)))
FOR UPDATE OF a
"""  # noqa: S608 - our names
_OF_CALLER = f"""
SELECT {_COLUMNS} FROM appointments a JOIN calendars c ON c.id = a.calendar_id
WHERE (a.number = $1 OR a.caller_number = $1) AND a.cancelled_at IS NULL
    AND a.starts_at > $2::timestamptz - interval '1 day' AND a.ends_at > $2
ORDER BY a.starts_at LIMIT $3
FOR UPDATE OF a
"""  # noqa: S608 - our names
_CANCEL = "UPDATE appointments SET cancelled_at = now(), cancelled_call_sid = $2 WHERE id = $1"


async def find_free(connection: asyncpg.Connection, query: SlotQuery, now: datetime) -> list[Slot]:
    """Return free slots of all wanted calendars, in the order of their times."""
    found: list[Slot] = []
    for stored in await read_calendars(connection, query.calendars):
        start, end = search_window(stored.calendar, query.after, query.before, now)
        if start < end:
            busy = (await busy_spans(connection, [stored], start, end + _MAX_LENGTH))[stored.key]
            slots = free_slots(stored.calendar, start, end, busy, query.minutes)
            found += [slot for slot, _ in zip(slots, range(query.limit), strict=False)]
    return sorted(found, key=lambda slot: slot.starts_at.astimezone(UTC))[: query.limit]


async def book(
    connection: asyncpg.Connection, request: Request, wanted: NewAppointment, now: datetime
) -> BookingResult:
    """Book an appointment in the first of the calendars that is free; runs in a transaction."""
    calendars = await read_calendars(connection, wanted.calendars)
    problem: BookingProblem = ""
    for stored in calendars:
        start = parse_local(wanted.start, stored.calendar)
        reason = why_not(stored.calendar, start, now, wanted.minutes)
        slot = None if reason else slot_at(stored.calendar, start, wanted.minutes)
        if slot is None:
            problem = problem or reason
            continue
        result = await _book_slot(connection, request, wanted, stored, slot, now)
        if result.problem != "taken":
            return result
        problem = "taken"
    wanted_time = parse_local(wanted.start, calendars[0].calendar)
    return BookingResult(
        problem, alternatives=await _alternatives(connection, calendars, wanted, wanted_time, now)
    )


async def _book_slot(
    connection: asyncpg.Connection,
    request: Request,
    wanted: NewAppointment,
    stored: StoredCalendar,
    slot: Slot,
    now: datetime,
) -> BookingResult:
    try:
        # If the slot is taken, the appointment to replace stays.
        async with connection.transaction():
            replaced = None
            if wanted.replaces:
                row = await _by_reference(
                    connection, request, wanted.replaces, now, any_caller=wanted.any_caller
                )
                if row is None:
                    return BookingResult("not_found")
                replaced = await _cancel(connection, request, row)
            reference = await _insert(connection, request, wanted, stored.key, slot)
    except asyncpg.ExclusionViolationError:
        return BookingResult("taken")
    booked = Appointment(reference, slot, wanted.name, wanted.number, wanted.note, wanted.service)
    return BookingResult(appointment=booked, replaced=replaced)


async def _insert(
    connection: asyncpg.Connection, request: Request, wanted: NewAppointment, calendar_key: int, slot: Slot
) -> str:
    offset = calendar_key * _SECONDS_PER_CALENDAR
    for digits in _REFERENCE_DIGITS:
        reference = str(10 ** (digits - 1) + secrets.randbelow(9 * 10 ** (digits - 1)))
        if await connection.fetchval(
            _INSERT,
            reference,
            calendar_key,
            slot.starts_at,
            slot.ends_at,
            offset + int(slot.starts_at.timestamp()),
            offset + int(slot.ends_at.timestamp()),
            wanted.name,
            wanted.number,
            wanted.note,
            wanted.service,
            request.caller_number,
            request.agent,
            request.call_sid,
        ):
            return reference
    raise RuntimeError("no free reference was found")


async def _alternatives(
    connection: asyncpg.Connection,
    calendars: Sequence[StoredCalendar],
    wanted: NewAppointment,
    time: datetime,
    now: datetime,
) -> tuple[Slot, ...]:
    if not wanted.alternatives:
        return ()
    found: list[Slot] = []
    for stored in calendars:
        first, last = search_window(stored.calendar, "", "", now)
        start = min(max(first, time - _ALTERNATIVES_BEFORE), last)
        end = min(last, max(start, time) + _ALTERNATIVES_AFTER)
        if start >= end:
            # The wanted time is after the last one that can be booked.
            start, end = max(first, last - _ALTERNATIVES_AFTER), last
        busy = (await busy_spans(connection, [stored], start, end + _MAX_LENGTH))[stored.key]
        found += nearest(
            free_slots(stored.calendar, start, end, busy, wanted.minutes), time, wanted.alternatives
        )
    return nearest(found, time, wanted.alternatives)


async def cancel(
    connection: asyncpg.Connection, request: Request, which: Cancellation, now: datetime
) -> CancelResult:
    """Cancel one appointment; runs in a transaction."""
    if which.reference:
        row = await _by_reference(connection, request, which.reference, now, any_caller=which.any_caller)
        rows = [] if row is None else [row]
    elif request.caller_number:
        rows = await connection.fetch(_OF_CALLER, request.caller_number, now, _MAX_CANDIDATES)
    else:
        rows = []
    rows = [row for row in rows if _fits(row, which)]
    if len(rows) == 1:
        return CancelResult(appointment=await _cancel(connection, request, rows[0]))
    candidates = tuple(_appointment(row) for row in rows)
    return CancelResult("ambiguous" if rows else "not_found", candidates=candidates)


async def _by_reference(
    connection: asyncpg.Connection, request: Request, reference: str, now: datetime, *, any_caller: bool
) -> asyncpg.Record | None:
    digits = "".join(letter for letter in reference if letter.isdigit())
    return await connection.fetchrow(_BY_REFERENCE, digits, now, any_caller, request.caller_number)


def _fits(row: asyncpg.Record, which: Cancellation) -> bool:
    calendar = _calendar(row)
    if which.calendars and calendar.name not in which.calendars:
        return False
    if not which.start:
        return True
    starts_at = row["starts_at"].astimezone(calendar.tz)
    wanted = parse_local(which.start, calendar)
    is_date = "T" not in which.start and ":" not in which.start
    return bool(starts_at.date() == wanted.date() if is_date else starts_at == wanted)


async def _cancel(connection: asyncpg.Connection, request: Request, row: asyncpg.Record) -> Appointment:
    await connection.execute(_CANCEL, row["id"], request.call_sid)
    return _appointment(row)


def _calendar(row: asyncpg.Record) -> Calendar:
    definition: Any = json.loads(row["definition"])
    return Calendar.model_validate(definition)


def _appointment(row: asyncpg.Record) -> Appointment:
    calendar = _calendar(row)
    starts_at, ends_at = (row[name].astimezone(calendar.tz) for name in ("starts_at", "ends_at"))
    slot = Slot(calendar.name, calendar.spoken, starts_at, ends_at)
    return Appointment(row["reference"], slot, row["name"], row["number"], row["note"], row["service"])
