"""Tests for the figures of the stages' takeovers; `make bench-growth` measures them with real processes."""

from bench.growth.stage_takeover import StageTakeover, stage_medians


def test_each_stage_and_length_has_its_medians() -> None:
    """One slow takeover does not count."""
    rows = [
        StageTakeover("stt", minutes, claimed_s, 20, 3, 2, 100)
        for minutes, claimed_s in ((240, 1.2), (1, 1.1), (1, 9.0), (1, 1.0))
    ]
    found = stage_medians([*rows, StageTakeover("edge", 1, 0, 20, 3, 2, 0)])

    assert [(row.stage, row.minutes, row.claimed_s) for row in found] == [
        ("edge", 1, 0),
        ("stt", 1, 1.1),
        ("stt", 240, 1.2),
    ]
