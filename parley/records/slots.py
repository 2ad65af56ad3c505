"""The slots of a calendar, correct on days on which the clocks change. No I/O, no clock."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from parley.records.calendar import Calendar
from parley.records.types import BookingProblem, Slot

MAX_SEARCH_DAYS = 62
"""Days that one search for free slots covers at most."""
_MIN_YEAR, _MAX_YEAR = 1970, 2999
"""Beyond these, converting a time to another zone may fail."""


class NotATime(ValueError):
    """A text is not an ISO date or time; the message is for the model."""


@dataclass(frozen=True, slots=True)
class Busy:
    """A booked time span of a calendar."""

    starts_at: datetime
    ends_at: datetime


def parse_local(text: str, calendar: Calendar) -> datetime:
    """Read an ISO time in the calendar's zone; one with an offset is converted.

    Raises:
        NotATime: the text is not a time, or names one that the clocks skip.
    """
    value = _parse(text)
    if value.tzinfo is not None:
        return value.astimezone(calendar.tz)
    local = value.replace(tzinfo=calendar.tz)
    if local.astimezone(UTC).astimezone(calendar.tz).replace(tzinfo=None) != value:
        raise NotATime(f"{text} does not exist: the clocks are set forward then")
    return local


def _parse(text: str) -> datetime:
    try:
        value = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotATime(f"{text[:40]!r} is not an ISO time such as 2026-12-01T10:30") from None
    if not _MIN_YEAR <= value.year <= _MAX_YEAR:
        raise NotATime(f"{text[:40]!r} is not a time of these years")
    return value


def search_window(calendar: Calendar, after: str, before: str, now: datetime) -> tuple[datetime, datetime]:
    """Return from when until when slots may begin.

    `after` and `before` are ISO dates or times, or empty; the window ends where booking does.

    Raises:
        NotATime: one of them is neither.
    """
    earliest = (now + timedelta(minutes=calendar.notice_minutes)).astimezone(calendar.tz)
    latest = end_of_booking(calendar, now)
    start = max(earliest, _bound(after, calendar, end_of_day=False)) if after else earliest
    end = min(latest, _bound(before, calendar, end_of_day=True)) if before else latest
    return start, min(end, start + timedelta(days=MAX_SEARCH_DAYS))


def end_of_booking(calendar: Calendar, now: datetime) -> datetime:
    """Return the time up to which appointments can be made: the end of a day."""
    day = now.astimezone(calendar.tz).date() + timedelta(days=calendar.days_ahead + 1)
    return datetime.combine(day, time(), calendar.tz)


def _bound(text: str, calendar: Calendar, *, end_of_day: bool) -> datetime:
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return parse_local(text, calendar)
    _parse(text)
    return datetime.combine(day + timedelta(days=1 if end_of_day else 0), time(), calendar.tz)


def slots_of_day(calendar: Calendar, day: date, minutes: int | None = None) -> Iterator[Slot]:
    """Yield the slots of a date in the order of their times, without those that the clocks skip.

    A slot lasts its length in real time, also if the clocks change within it.
    """
    length = minutes or calendar.slot_minutes
    for opening in calendar.openings(day):
        for start in range(opening.start, opening.end - length + 1, calendar.slot_minutes):
            wall = datetime.combine(day, time()) + timedelta(minutes=start)
            local = wall.replace(tzinfo=calendar.tz)
            if local.astimezone(UTC).astimezone(calendar.tz).replace(tzinfo=None) != wall:
                continue
            end = (local.astimezone(UTC) + timedelta(minutes=length)).astimezone(calendar.tz)
            yield Slot(calendar.name, calendar.spoken, local, end)


class _Taken:
    """Booked time spans of one calendar, which do not overlap each other."""

    def __init__(self, busy: Iterable[Busy]) -> None:
        spans = sorted((span.starts_at.astimezone(UTC), span.ends_at.astimezone(UTC)) for span in busy)
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]

    def overlaps(self, slot: Slot) -> bool:
        """Whether a slot overlaps one of them."""
        before = bisect_left(self._starts, slot.ends_at.astimezone(UTC))
        return before > 0 and self._ends[before - 1] > slot.starts_at.astimezone(UTC)


def free_slots(
    calendar: Calendar, start: datetime, end: datetime, busy: Iterable[Busy], minutes: int | None = None
) -> Iterator[Slot]:
    """Yield the free slots that begin in `[start, end)`, in the order of their times."""
    taken = _Taken(busy)
    day = start.astimezone(calendar.tz).date()
    while datetime.combine(day, time(), calendar.tz) < end:
        for slot in slots_of_day(calendar, day, minutes):
            is_wanted = _at_least(slot.starts_at, start) and not _at_least(slot.starts_at, end)
            if is_wanted and not taken.overlaps(slot):
                yield slot
        day += timedelta(days=1)


def _at_least(one: datetime, other: datetime) -> bool:
    # Times of the same zone are compared by the clock on the wall, which is wrong when it is set back.
    return one.astimezone(UTC) >= other.astimezone(UTC)


def slot_at(calendar: Calendar, start: datetime, minutes: int | None = None) -> Slot | None:
    """Return the slot that begins at a time; None if none does."""
    instant = start.astimezone(UTC)
    day = start.astimezone(calendar.tz).date()
    slots = slots_of_day(calendar, day, minutes)
    return next((slot for slot in slots if slot.starts_at.astimezone(UTC) == instant), None)


def why_not(calendar: Calendar, start: datetime, now: datetime, minutes: int | None = None) -> BookingProblem:
    """Return why no appointment can begin at a time, apart from other appointments; empty if one can."""
    if start <= now:
        return "past"
    if start < now + timedelta(minutes=calendar.notice_minutes):
        return "too_soon"
    if start >= end_of_booking(calendar, now):
        return "too_far"
    return "" if slot_at(calendar, start, minutes) else "closed"


def nearest(slots: Iterable[Slot], wanted: datetime, limit: int) -> tuple[Slot, ...]:
    """Return the slots that are nearest to a wanted time, in the order of their times."""
    by_distance = sorted(slots, key=lambda slot: abs((slot.starts_at - wanted).total_seconds()))
    return tuple(sorted(by_distance[:limit], key=lambda slot: slot.starts_at.astimezone(UTC)))
