"""Times and references in the words of the agent's language. No I/O, no clock."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from parley.records.types import Appointment, Slot


def spoken_time(time: datetime, language: str) -> str:
    """Return a local time as in `Tuesday, December 1, 10:00 AM`."""
    locale = _locale(language)
    # Without a zone, because Babel would convert it.
    local = time.replace(tzinfo=None)
    date = format_date(local, _date_pattern(locale), locale=locale)
    clock = format_time(local, "short", locale=locale)
    return f"{date}, {clock}".replace("\u202f", " ").replace("\xa0", " ")


def spoken_reference(reference: str) -> str:
    """Return a reference digit by digit, in groups, as in `4 8 2, 9 1 3`."""
    groups = (reference[start : start + 3] for start in range(0, len(reference), 3))
    return ", ".join(" ".join(group) for group in groups)


def slot_result(slot: Slot, language: str) -> dict[str, Any]:
    """Return a slot for the model: the exact time, and the words for it."""
    return {
        "start": slot.starts_at.strftime("%Y-%m-%dT%H:%M"),
        "say": spoken_time(slot.starts_at, language),
        "calendar": slot.calendar,
        "with": slot.title,
    }


def slot_results(slots: Sequence[Slot], language: str) -> list[dict[str, Any]]:
    """Return slots for the model."""
    return [slot_result(slot, language) for slot in slots]


def appointment_result(appointment: Appointment, language: str) -> dict[str, Any]:
    """Return an appointment for the model."""
    result = slot_result(appointment.slot, language)
    result["reference"] = appointment.reference
    result["say_reference"] = spoken_reference(appointment.reference)
    if appointment.service:
        result["service"] = appointment.service
    return result


def _date_pattern(locale: Locale) -> str:
    """The locale's pattern of weekday, month and day, with the whole name of the weekday."""
    skeleton = locale.datetime_skeletons.get("MMMMEd")
    return re.sub("E+|c+", "EEEE", skeleton.pattern) if skeleton else "full"


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
