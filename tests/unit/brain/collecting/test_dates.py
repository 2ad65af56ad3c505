"""Tests for dates and times of day."""

from datetime import date

import pytest

from services.brain.collecting.dates import normalize_date, normalize_time
from services.brain.collecting.problem import ValueProblem

TODAY = date(2026, 11, 28)
"""A Saturday."""


@pytest.mark.parametrize(
    ("text", "language", "region", "day"),
    [
        ("2026-12-01", "en", "GB", "2026-12-01"),
        ("tomorrow", "en", "GB", "2026-11-29"),
        ("the day after tomorrow", "en", "GB", "2026-11-30"),
        ("Tuesday", "en", "GB", "2026-12-01"),
        ("on Saturday", "en", "GB", "2026-12-05"),
        ("next Tuesday", "en", "GB", "2026-12-01"),
        ("3 May", "en", "GB", "2027-05-03"),
        ("May 3rd", "en", "US", "2027-05-03"),
        ("the 3rd of May, 2028", "en", "GB", "2028-05-03"),
        ("Tuesday the 1st of December", "en", "GB", "2026-12-01"),
        ("Dec 5", "en", "US", "2026-12-05"),
        ("1/2", "en", "GB", "2027-02-01"),
        ("1/2", "en-US", "US", "2027-01-02"),
        ("12/25/26", "en", "US", "2026-12-25"),
        ("3/4/85", "en", "GB", "1985-04-03"),
        ("29 February", "en", "GB", "2028-02-29"),
        ("übermorgen", "de", "DE", "2026-11-30"),
        ("nächsten Dienstag", "de", "DE", "2026-12-01"),
        ("3. Mai", "de", "DE", "2027-05-03"),
        ("25.12.", "de", "DE", "2026-12-25"),
        ("3 de mayo", "es", "ES", "2027-05-03"),
        ("demain", "fr", "FR", "2026-11-29"),
        ("le 14 juillet 2027", "fr", "FR", "2027-07-14"),
        ("Tuesday", "xx", "", "2026-12-01"),
        ("1 Dec 27", "en", "GB", "2027-12-01"),
        ("3. Mai 85", "de", "DE", "1985-05-03"),
        ("May 3rd, '27", "en", "US", "2027-05-03"),
        ("2026-12-01T10:00", "en", "GB", "2026-12-01"),
    ],
)
def test_dates_are_read_in_the_language_and_country(text: str, language: str, region: str, day: str) -> None:
    """Without a year, the next such day is meant."""
    assert normalize_date(text, language, region, TODAY) == day


@pytest.mark.parametrize("text", ["soon", "31 February", "2026-13-01", "99/99", "the 3rd", ""])
def test_other_texts_are_not_dates(text: str) -> None:
    """The model passes the ISO form then."""
    with pytest.raises(ValueProblem, match="YYYY-MM-DD"):
        normalize_date(text, "en", "GB", TODAY)


def test_a_date_on_another_weekday_is_refused() -> None:
    """The caller means one of the two."""
    with pytest.raises(ValueProblem, match="weekday"):
        normalize_date("Monday, 1 December", "en", "GB", TODAY)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("15:30", "15:30"),
        ("3:30 PM", "15:30"),
        ("3 p.m.", "15:00"),
        ("12 am", "00:00"),
        ("noon", "12:00"),
        ("15 Uhr 30", "15:30"),
        ("9", "09:00"),
        ("10 in the morning", "10:00"),
        ("4 in the afternoon", "16:00"),
        ("14h30", "14:30"),
        ("15:30:00", "15:30"),
        ("3 de la tarde", "15:00"),
        ("8 de la mañana", "08:00"),
        ("3 da tarde", "15:00"),
        ("8 heures du soir", "20:00"),
        ("midi", "12:00"),
        ("Mitternacht", "00:00"),
        ("meia-noite", "00:00"),
    ],
)
def test_times_have_24_hours(text: str, time: str) -> None:
    """The caller's way of saying them does not matter."""
    assert normalize_time(text) == time


@pytest.mark.parametrize("text", ["25:00", "13 pm", "half past three", "10:75", ""])
def test_other_texts_are_not_times(text: str) -> None:
    """The model passes HH:MM then."""
    with pytest.raises(ValueProblem, match="HH:MM"):
        normalize_time(text)
