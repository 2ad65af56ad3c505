"""Tests of the time limits of a rolling restart; tests/deploy compares them with the rendered chart."""

from bench.rolling.chart import STAGES, rollout


def test_the_grace_period_contains_the_drain_time_and_the_time_to_close() -> None:
    assert rollout("stt", 30.0).grace_period_s == 45.0
    assert rollout("stt", 7.5).grace_period_s == 23.0


def test_an_edge_has_time_to_move_its_calls_after_the_wait_before_sigterm() -> None:
    edge = rollout("edge", 30.0)
    assert edge.grace_period_s == 60.0
    assert edge.pre_stop_s == 5.0


def test_only_edges_stop_before_their_replacement_starts() -> None:
    assert [stage for stage in STAGES if not rollout(stage, 30.0).surge] == ["edge"]
