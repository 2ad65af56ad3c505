"""The HTML page of a run."""

from dataclasses import replace
from datetime import UTC, datetime

from cli.testing.judge import Judgement
from cli.testing.reports.html_report import html_page
from tests.unit.cli.testing.reports.results import ALL, PASSED

AT = datetime(2026, 11, 28, tzinfo=UTC)


def test_the_page_has_each_call_and_escapes_its_words() -> None:
    """It loads nothing from elsewhere."""
    page = html_page(ALL, 20.0, {"CA1": b"mp3"}, AT)

    assert "2 of 3 failed" in page
    assert "A &lt;caller&gt; &amp; co." in page
    assert "Tuesday at ten is booked." in page
    assert "data:audio/mpeg;base64,bXAz" in page
    assert "http" not in page
    assert page.index("fails") < page.index(">passes<")


def test_judgements_have_their_reasons() -> None:
    judged = replace(PASSED, judgements=(Judgement("It was polite.", holds=True, reason="It was."),))

    page = html_page([judged], 1.0, {}, AT)

    assert "all 1 passed" in page
    assert "<b>yes</b> It was polite. <i>It was.</i>" in page
