"""The slots of a calendar, also on days on which the clocks change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from parley.records.calendar import Calendar
from parley.records.slots import (
    Busy,
    NotATime,
    end_of_booking,
    free_slots,
    nearest,
    parse_local,
    search_window,
    slot_at,
    slots_of_day,
    why_not,
)

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
"""A Saturday."""


def calendar(**changes: Any) -> Calendar:
    data = {
        "name": "a",
        "zone": "Europe/Berlin",
        "hours": {"monday": ["09:00-11:00"], "sunday": ["00:00-06:00"]},
        **changes,
    }
    return Calendar.model_validate(data)


def starts(given: Calendar, day: str, minutes: int | None = None) -> list[str]:
    return [f"{slot.starts_at:%H:%M%z}" for slot in slots_of_day(given, date.fromisoformat(day), minutes)]


def test_slots_fill_the_opening_hours() -> None:
    """A longer service begins at the same times, if it ends before closing."""
    assert starts(calendar(), "2026-11-30") == ["09:00+0100", "09:30+0100", "10:00+0100", "10:30+0100"]
    assert starts(calendar(), "2026-11-30", 90) == ["09:00+0100", "09:30+0100"]
    assert starts(calendar(), "2026-12-01") == []


def test_a_time_that_the_clocks_skip_is_no_slot() -> None:
    """On 28 March 2027 it is 03:00 after 01:59 in Berlin."""
    given = calendar(slot_minutes=60)
    assert starts(given, "2027-03-28") == [
        "00:00+0100",
        "01:00+0100",
        "03:00+0200",
        "04:00+0200",
        "05:00+0200",
    ]
    with pytest.raises(NotATime, match="does not exist"):
        parse_local("2027-03-28T02:30", given)


def test_a_time_that_comes_twice_is_one_slot() -> None:
    """On 25 October 2026 it is 02:00 twice in Berlin; the first one is offered."""
    given = calendar(slot_minutes=60)
    assert starts(given, "2026-10-25") == [
        *("00:00+0200", "01:00+0200", "02:00+0200"),
        *("03:00+0100", "04:00+0100", "05:00+0100"),
    ]
    slots = list(slots_of_day(given, date(2026, 10, 25)))
    assert {(slot.ends_at - slot.starts_at.astimezone(UTC)) for slot in slots} == {timedelta(hours=1)}
    before_change = datetime(2026, 10, 24, 12, tzinfo=UTC)
    free = list(free_slots(given, before_change, before_change + timedelta(days=1), []))
    assert len(free) == 6


def test_booked_slots_are_not_free() -> None:
    """A long appointment takes all slots that it overlaps."""
    given = calendar()
    start = parse_local("2026-11-30T00:00", given)
    busy = [
        Busy(parse_local("2026-11-30T10:30", given), parse_local("2026-11-30T11:00", given)),
        Busy(parse_local("2026-11-30T09:15", given), parse_local("2026-11-30T09:45", given)),
    ]
    free = free_slots(given, start, start + timedelta(days=1), busy)
    assert [f"{slot.starts_at:%H:%M}" for slot in free] == ["10:00"]
    assert not list(free_slots(given, start, start + timedelta(days=1), busy, 60))


@pytest.mark.parametrize(
    ("start", "problem"),
    [
        ("2026-11-30T09:30", ""),
        ("2026-11-30T08:30+00:00", ""),
        ("2026-11-30T09:40", "closed"),
        ("2026-12-01T09:30", "closed"),
        ("2026-11-23T09:30", "past"),
        ("2027-11-29T09:30", "too_far"),
    ],
)
def test_why_a_time_cannot_be_booked(start: str, problem: str) -> None:
    given = calendar()
    assert why_not(given, parse_local(start, given), NOW) == problem


def test_notice_is_needed() -> None:
    given = calendar(notice_minutes=60)
    monday = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
    assert why_not(given, parse_local("2026-11-30T09:00", given), monday) == "too_soon"
    assert slot_at(given, parse_local("2026-11-30T09:00", given)) is not None


def test_a_search_is_bounded() -> None:
    """It begins after the notice and ends where booking does; dates include their whole day."""
    given = calendar(days_ahead=10)
    start, end = search_window(given, "2026-11-30", "2026-11-30", NOW)
    assert (start.isoformat(), end.isoformat()) == ("2026-11-30T00:00:00+01:00", "2026-12-01T00:00:00+01:00")
    start, end = search_window(given, "", "", NOW)
    assert start == NOW + timedelta(hours=1)
    assert end == end_of_booking(given, NOW)
    assert search_window(given, "2020-01-01", "2040-01-01", NOW) == (start, end)


@pytest.mark.parametrize("text", ["tomorrow", "10:30", "2026-13-01", "2026-11-30T25:00", "x" * 5000])
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotATime, match="is not an ISO time such as 2026-12-01T10:30"):
        search_window(calendar(), text, "", NOW)


def test_the_nearest_slots_come_in_order() -> None:
    given = calendar()
    slots = list(slots_of_day(given, date(2026, 11, 30)))
    found = nearest(slots, parse_local("2026-11-30T10:00", given), 2)
    assert [f"{slot.starts_at:%H:%M}" for slot in found] in (["09:30", "10:00"], ["10:00", "10:30"])
