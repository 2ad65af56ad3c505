"""A calendar's opening hours, and the errors of a wrong one."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from parley.records.calendar import Calendar, Opening, to_json

PLAIN: dict[str, Any] = {
    "name": "dr_miller",
    "title": "Dr. Miller",
    "zone": "Europe/Berlin",
    "hours": {"monday": ["09:00-12:00", "13:00-17:00"], "friday": "08:30-12:00"},
    "days_off": ["2026-12-24/2026-12-26", "2027-01-01"],
    "special_hours": {"2026-12-25": ["10:00-11:00"]},
}


def test_hours_follow_the_weekday_unless_a_date_has_its_own() -> None:
    """Special hours count more than days off."""
    calendar = Calendar.model_validate(PLAIN)

    assert calendar.openings(date(2026, 11, 30)) == (Opening(540, 720), Opening(780, 1020))
    assert calendar.openings(date(2026, 12, 1)) == ()
    assert calendar.openings(date(2026, 12, 4)) == (Opening(510, 720),)
    assert calendar.openings(date(2026, 12, 25)) == (Opening(600, 660),)
    assert calendar.openings(date(2027, 1, 1)) == ()


def test_a_calendar_survives_its_json() -> None:
    """It is stored as JSON."""
    calendar = Calendar.model_validate(PLAIN)

    assert Calendar.model_validate(to_json(calendar)) == calendar


@pytest.mark.parametrize(
    ("changes", "key", "reason"),
    [
        ({"zone": "Berlin"}, "zone", "'Berlin' is not a time zone"),
        ({"zone": "../../etc/passwd"}, "zone", "is not a time zone"),
        ({"zone": ""}, "zone", "is not a time zone"),
        ({"hours": {}}, "hours", "at least 1"),
        ({"hours": {"someday": ["09:00-10:00"]}}, "hours.someday.[key]", "'monday'"),
        ({"hours": {"monday": ["9-12"]}}, "hours.monday", "'9-12' is not a time span such as"),
        ({"hours": {"monday": 540}}, "hours.monday", "must be a list of times"),
        ({"hours": {"monday": ["12:00-09:00"]}}, "hours.monday", "the first before the second"),
        ({"hours": {"monday": ["22:00-26:00"]}}, "hours.monday", "must be of one day"),
        ({"hours": {"monday": ["09:00-12:00", "11:00-13:00"]}}, "hours.monday", "begins before"),
        ({"days_off": ["24.12.2026"]}, "days_off", "is neither a date such as 2026-12-25"),
        ({"days_off": ["2026-12-26/2026-12-24"]}, "days_off", "must follow the first"),
        ({"slot_minutes": 0}, "slot_minutes", "greater than or equal to 5"),
        ({"name": "Dr. Miller"}, "name", "pattern"),
        ({"color": "red"}, "color", "not permitted"),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(changes: dict[str, Any], key: str, reason: str) -> None:
    """The text states what was expected."""
    with pytest.raises(ValidationError) as caught:
        Calendar.model_validate({**PLAIN, **changes})

    [first, *_] = caught.value.errors()
    assert ".".join(map(str, first["loc"])) == key
    assert reason in first["msg"]
