"""Tests for recognizing a noisy line."""

from services.edge.outbound.false_alarms import FalseAlarms


def test_a_line_is_noisy_after_two_false_alarms_within_half_a_minute() -> None:
    """A cough now and then does not make it noisy."""
    alarms = FalseAlarms()
    alarms.add(1000)
    assert not alarms.is_noisy(1000)
    alarms.add(2000)

    assert alarms.is_noisy(30_999)
    assert not alarms.is_noisy(31_000)
