"""Results in a terminal."""

from cli.testing.reports.terminal import failure_text, progress_line, totals_text
from tests.unit.cli.testing.reports.results import ALL, FAILED, INVALID


def test_a_failure_shows_the_expectation_the_transcript_and_the_events() -> None:
    brief, full = failure_text(FAILED, events=False).plain, failure_text(FAILED, events=True).plain

    assert "x.yaml:3: replies: expected 1" in brief
    assert "Tuesday at ten is booked." in brief
    assert "tool_called" not in brief
    assert "tool_called" in full
    assert "x.yaml:1: is not YAML" in failure_text(INVALID, events=True).plain


def test_progress_and_totals() -> None:
    assert progress_line(ALL[0], 1, 12).plain == " 1/12 passed passes  12.5 s"
    assert totals_text(ALL, 20).plain.strip() == "1 passed, 1 failed, 1 with an error in 20.0 s"
