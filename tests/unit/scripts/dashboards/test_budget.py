"""The latency budget as the dashboards compare with it."""

from cli.latency_budget import read_budget
from scripts.dashboards.budget import in_seconds


def test_limits_are_in_seconds() -> None:
    limits = read_budget()
    seconds = in_seconds(limits)
    assert seconds.turn_p95 == limits.turn.p95_ms / 1000
    assert seconds.parts_p50["playout"] == limits.parts["playout"].p50_ms / 1000
    assert list(seconds.parts_p95) == list(limits.parts)
