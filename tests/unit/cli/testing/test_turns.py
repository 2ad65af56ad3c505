"""Summaries of calls, in memory and in a file."""

import pytest

from cli.testing.turns import from_data, summarize, to_data
from tests.unit.cli.testing.call_events import outcome


def test_a_summary_has_the_greeting_and_each_turn() -> None:
    summary = summarize(outcome())

    assert [turn.agent for turn in summary.turns][:2] == [
        "Hello, this is the clinic.",
        "Tuesday at ten is booked.",
    ]
    assert summary.turns[1].tools == ("book_appointment",)
    assert summary.turns[1].latency_ms == 1200
    assert summary.ended_by == "agent"


def test_a_summary_survives_a_file() -> None:
    summary = summarize(outcome())

    assert from_data(to_data(summary)) == summary
    assert from_data(None) is None


@pytest.mark.parametrize("data", [[], {"turns": 3}, {"turns": [{}]}, {"turns": [], "ended_by": "x"}])
def test_a_summary_that_was_edited_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="convert the call again"):
        from_data(data)
