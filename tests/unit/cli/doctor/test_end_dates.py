"""Tests of the warnings of end dates."""

from datetime import timedelta

import pytest

from cli.doctor.end_dates import report_end, today
from cli.doctor.finding import Finding, Reporter
from parley.providers.end_dates import ModelEnd


@pytest.mark.parametrize(("days", "state"), [(30, "note"), (0, "failed"), (-1, "failed")])
def test_a_model_that_has_ended_fails_a_call(days: int, state: str) -> None:
    """A later end is a note with its replacement."""
    found: list[Finding] = []
    end = ModelEnd("gpt-4o", today() + timedelta(days=days), "gpt-6-luna")
    report_end("llm model", "llm.model", end, Reporter("openai", found.append))

    assert found[0].state == state
    assert "replacement: gpt-6-luna: change llm.model" in found[0].text
