"""Differences in a terminal, as HTML and as JSON."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from cli.testing.against.compare import compare
from cli.testing.against.report import Comparison, html_report, json_report, terminal_report
from cli.testing.turns import summarize
from tests.unit.cli.testing.call_events import outcome

CALL = outcome()
BEFORE = summarize(CALL)
CHANGED = replace(
    BEFORE,
    turns=(replace(BEFORE.turns[0], agent="Hello, this is <b>."), *BEFORE.turns[1:]),
    ended_by="completed",
)
SAME = Comparison("CA1", compare(BEFORE, BEFORE), CALL)
DIFFERENT = Comparison("CA2", compare(BEFORE, CHANGED), CALL)
BROKEN = Comparison("CA3", error="did not end")


def printed(found: Comparison) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(terminal_report(found))
    text = console.file
    assert isinstance(text, io.StringIO)
    return text.getvalue()


def test_only_turns_that_differ_are_printed() -> None:
    assert "no difference in 3 turns" in printed(SAME)
    assert "1 of 3 turns differ" in printed(DIFFERENT)
    assert "Tuesday at ten" not in printed(DIFFERENT)
    assert "agent → completed" in printed(DIFFERENT)
    assert "CA3: did not end" in printed(BROKEN)


def test_the_page_has_every_turn_and_marks_the_words() -> None:
    page = html_report(
        (SAME, DIFFERENT, BROKEN), "new.yaml", {"CA1": b"mp3"}, datetime(2026, 1, 1, tzinfo=UTC)
    )

    assert "2 of 3 calls differ" in page
    assert "<ins>&lt;b&gt;.</ins>" in page
    assert page.count("Tuesday at ten is booked.") >= 2
    assert "data:audio/mpeg;base64,bXAz" in page
    assert "did not end" in page


def test_the_json_has_both_sides() -> None:
    calls = json.loads(json_report((SAME, DIFFERENT, BROKEN)))["calls"]

    assert [call["differs"] for call in calls] == [False, True, True]
    assert calls[1]["turns"][0]["after"]["agent"] == "Hello, this is <b>."
    assert calls[1]["ended_by"] == ["agent", "completed"]
