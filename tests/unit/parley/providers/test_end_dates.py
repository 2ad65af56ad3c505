"""Tests for the table of end dates."""

from datetime import date

import pytest

from parley.providers.end_dates import model_end, voice_end

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("model", "ends"),
    [
        ("gpt-4.1-mini", date(2027, 1, 14)),
        ("gpt-4.1-mini-2025-04-14", date(2027, 1, 14)),
        ("ft:gpt-4.1-mini-2025-04-14:acme::abc123", date(2027, 1, 14)),
        ("ft:gpt-4.1-mini:acme::abc123", date(2027, 1, 14)),
        ("gpt-3.5-turbo-0125", date(2026, 10, 23)),
        ("gpt-4o-2024-05-13", date(2026, 10, 23)),
        ("gpt-4o-2024-11-20", date(2027, 1, 14)),
        ("o3", date(2026, 12, 11)),
        ("gpt-5.1", date(2027, 4, 1)),
    ],
)
def test_a_model_its_snapshots_and_its_fine_tuned_models_end_together(model: str, ends: date) -> None:
    end = model_end("openai", model)

    assert end is not None
    assert end.ends == ends


@pytest.mark.parametrize("model", ["gpt-6-luna", "gpt-6-luna-2026-08-01", "gpt-4.1-minimal", "", "ft:x:y"])
def test_a_model_without_an_announced_end_has_none(model: str) -> None:
    assert model_end("openai", model) is None


def test_another_operators_server_is_not_in_the_table() -> None:
    assert model_end("openai", "gpt-4o", base_url="https://x.openai.azure.com/openai/v1") is None
    assert model_end("openai", "gpt-4o", base_url="http://127.0.0.1:8080/v1") is None
    assert model_end("openai", "gpt-4o", base_url="https://eu.api.openai.com/v1") is not None
    assert model_end("openai", "gpt-4o", base_url="https://notopenai.com/v1") is None


def test_a_default_voice_of_elevenlabs_ends_with_the_year() -> None:
    end = voice_end("elevenlabs", "21m00Tcm4TlvDq8ikWAM")

    assert end is not None
    assert end.ends == date(2026, 12, 31)
    assert voice_end("elevenlabs", "own-voice") is None


def test_a_provider_that_has_ended_ends_all_its_models() -> None:
    assert model_end("hume", "octave") is not None


def test_the_line_shows_whether_the_end_is_past() -> None:
    end = model_end("openai", "gpt-4.1-nano")

    assert end is not None
    assert end.days_left(TODAY) == -36
    assert end.describe(TODAY) == "gpt-4.1-nano ended on 2026-10-23; replacement: gpt-6-luna"
    assert "ends on" in end.describe(date(2026, 10, 1))
