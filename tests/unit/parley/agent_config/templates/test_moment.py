"""Tests of dates and times in words."""

from datetime import UTC, datetime

import pytest

from parley.agent_config.templates.moment import Day, language_name, moment_at

AT_US = int(datetime(2026, 11, 28, 23, 30, tzinfo=UTC).timestamp() * 1e6)


@pytest.mark.parametrize(
    ("zone", "language", "now"),
    [
        ("UTC", "en", "Saturday, November 28, 2026, 11:30 PM"),
        ("Europe/Berlin", "de", "Sonntag, 29. November 2026, 00:30"),
        ("America/New_York", "en-GB", "Saturday, 28 November 2026, 18:30"),
        ("UTC", "pt-BR", "sábado, 28 de novembro de 2026, 23:30"),
        ("UTC", "xx-YY", "Saturday, November 28, 2026, 11:30 PM"),
    ],
)
def test_it_is_in_the_agents_zone_and_language(zone: str, language: str, now: str) -> None:
    """A language without names of days has the English ones."""
    assert str(moment_at(AT_US, zone, language)) == now


def test_its_parts_can_be_used_alone() -> None:
    """A prompt may need a machine's form, and a greeting the hour."""
    moment = moment_at(AT_US, "Europe/Berlin", "en")

    assert (moment.weekday, moment.hour, moment.iso) == ("Sunday", 0, "2026-11-29T00:30+01:00")
    day = Day(moment)
    assert (str(day), day.weekday, day.iso) == ("Sunday, November 29, 2026", "Sunday", "2026-11-29")


@pytest.mark.parametrize(("tag", "name"), [("de", "German"), ("pt-BR", "Portuguese"), ("hi", "Hindi")])
def test_a_language_has_an_english_name(tag: str, name: str) -> None:
    """The model receives it."""
    assert language_name(tag) == name
