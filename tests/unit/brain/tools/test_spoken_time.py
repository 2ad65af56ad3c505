"""Times and references in the words of a language."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.brain.tools.spoken_time import spoken_reference, spoken_time


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Tuesday, December 1, 2:30 PM"),
        ("en-GB", "Tuesday 1 December, 14:30"),
        ("de-AT", "Dienstag, 1. Dezember, 14:30"),
        ("fr", "mardi 1 décembre, 14:30"),
        ("xx", "Tuesday, December 1, 2:30 PM"),
    ],
)
def test_a_time_is_local_and_in_the_agents_language(language: str, expected: str) -> None:
    """An unknown language is read as English."""
    time = datetime(2026, 12, 1, 14, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert spoken_time(time, language) == expected


def test_a_reference_is_spoken_digit_by_digit() -> None:
    assert spoken_reference("482913") == "4 8 2, 9 1 3"
