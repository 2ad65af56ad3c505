"""Tests for the figures of takeovers; `make bench-growth` measures them with real processes."""

from bench.growth.takeover import Takeover, medians


def takeover(minutes: float, answer_s: float) -> Takeover:
    """A takeover with this time to the answer."""
    return Takeover(minutes, 100, 1.0, answer_s, 50, 5, 4, 70, 8, 5, 1900)


def test_each_length_has_its_medians() -> None:
    """One slow takeover does not count."""
    found = medians([takeover(240, 1.3), takeover(1, 1.2), takeover(1, 9.0), takeover(1, 1.1)])

    assert [(row.minutes, row.answer_s) for row in found] == [(1, 1.2), (240, 1.3)]
