"""A calendar: when a resource can be booked. No I/O, no clock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Weekday: TypeAlias = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = (
    *("monday", "tuesday", "wednesday", "thursday"),
    *("friday", "saturday", "sunday"),
)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MINUTES_OF_DAY = 24 * 60
_MAX_DAYS_OFF = 366


@dataclass(frozen=True, slots=True)
class Opening:
    """A time span of a day, in minutes of local time since midnight."""

    start: int
    end: int
    """May be 1440, midnight at the end of the day."""

    def __str__(self) -> str:
        return f"{_clock(self.start)}-{_clock(self.end)}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _openings(value: object) -> tuple[Opening, ...]:
    spans = [value] if isinstance(value, str) else value
    if not isinstance(spans, Sequence):
        raise ValueError("must be a list of times such as 09:00-12:30")  # noqa: TRY004 - pydantic reports it
    openings = [_opening(span) for span in spans]
    for before, after in pairwise(openings):
        if after.start < before.end:
            raise ValueError(f"{after} begins before {before} ends")
    return tuple(openings)


def _opening(value: object) -> Opening:
    if isinstance(value, Opening):
        return value
    match = _SPAN.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a time span such as 09:00-12:30; put it in quotes")
    hours = [int(part) for part in match.groups()]
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if hours[1] > 59 or hours[3] > 59 or end > _MINUTES_OF_DAY or start >= end:
        raise ValueError(f"{value!r}: the times must be of one day, the first before the second")
    return Opening(start, end)


Openings: TypeAlias = Annotated[tuple[Opening, ...], BeforeValidator(_openings)]


def _days(value: object) -> tuple[date, ...]:
    """Read dates, and spans of dates such as `2026-12-24/2027-01-01`."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError("must be a list of dates such as 2026-12-25")  # noqa: TRY004 - pydantic reports it
    found: list[date] = []
    for entry in value:
        first, _, last = str(entry).partition("/")
        try:
            day, end = date.fromisoformat(first.strip()), date.fromisoformat((last or first).strip())
        except ValueError:
            raise ValueError(
                f"{str(entry)!r} is neither a date such as 2026-12-25 nor a span of two"
            ) from None
        if not timedelta(0) <= end - day <= timedelta(days=_MAX_DAYS_OFF):
            raise ValueError(f"{str(entry)!r}: the second date must follow the first within a year")
        found += [day + timedelta(days=offset) for offset in range((end - day).days + 1)]
    return tuple(sorted(set(found)))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"{name!r} is not a time zone such as Europe/Berlin or America/New_York") from None
    return name


class Calendar(BaseModel):
    """The opening hours of one resource: a person, a room, a machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    """Name in agent files and commands."""
    title: str = Field(default="", max_length=200)
    """Name that is spoken; empty for `name`."""
    zone: Annotated[str, AfterValidator(_zone)]
    """Time zone of all its times, as in `Europe/Berlin`."""
    slot_minutes: int = Field(default=30, ge=5, le=24 * 60)
    """Appointments begin at multiples of this after an opening time, and last as long unless their service
    has a length of its own."""
    hours: Mapping[Weekday, Openings] = Field(min_length=1)
    """Opening hours of each weekday; a weekday that is not named is closed."""
    days_off: Annotated[tuple[date, ...], BeforeValidator(_days)] = ()
    """Holidays and vacations."""
    special_hours: Mapping[date, Openings] = Field(default_factory=dict, max_length=400)
    """Other hours on single dates, which count more than `days_off`."""
    notice_minutes: int = Field(default=60, ge=0, le=60 * 24 * 60)
    """Shortest time between the call and the appointment."""
    days_ahead: int = Field(default=60, ge=1, le=366)
    """How many days ahead appointments can be made."""

    @property
    def spoken(self) -> str:
        """The name that is spoken."""
        return self.title or self.name.replace("_", " ")

    @property
    def tz(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)

    def openings(self, day: date) -> tuple[Opening, ...]:
        """Return the opening hours of a date."""
        if (special := self.special_hours.get(day)) is not None:
            return special
        if day in self.days_off:
            return ()
        return self.hours.get(WEEKDAYS[day.weekday()], ())


def to_json(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar as JSON that `Calendar.model_validate` reads."""
    data = calendar.model_dump(mode="json", exclude={"hours", "special_hours"})
    data["hours"] = {day: [str(span) for span in spans] for day, spans in calendar.hours.items()}
    data["special_hours"] = {
        day.isoformat(): [str(span) for span in spans] for day, spans in calendar.special_hours.items()
    }
    return data
