"""The entries of a call."""

from cli.testing.reports.entries import entries
from tests.unit.cli.testing.call_events import outcome


def test_speech_tools_and_interruptions_are_in_order() -> None:
    found = entries(outcome())

    assert [entry.kind for entry in found] == [
        "agent",
        "caller",
        "tool",
        "agent",
        "caller",
        "tool",
        "agent",
        "interruption",
        "end",
    ]
    assert found[2].text == 'book_appointment({"day": "Tuesday", "hour": 10})'
    assert found[2].note == '{"booked": true}'
    assert found[3].latency_ms == 1200
    assert found[6].interrupted
