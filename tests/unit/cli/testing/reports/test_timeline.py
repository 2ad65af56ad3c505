"""The drawing of a call."""

import xml.etree.ElementTree as ET

from cli.testing.reports.entries import entries
from cli.testing.reports.timeline import timeline
from tests.unit.cli.testing.call_events import outcome


def test_the_drawing_is_valid_and_has_every_bar() -> None:
    root = ET.fromstring(timeline(entries(outcome()), 12_000))  # noqa: S314 - made here

    bars = [item.attrib for item in root.iter("rect") if "bar" in item.attrib["class"]]
    assert len(bars) == 7
    assert all(0 <= float(bar["x"]) <= 1000 for bar in bars)
    assert sum(item.attrib["class"] == "wait" for item in root.iter("rect")) == 2


def test_a_call_without_entries_has_an_axis() -> None:
    assert "0 s" in timeline([], 0)
