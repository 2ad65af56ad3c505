"""A panel without data is a problem unless its text explains it."""

from typing import Any

from bench.dashboards.evaluation import EXPECTED_EMPTY, Answer, Outcome, problems, table
from scripts.dashboards.read import Target, targets


def _answer(*texts: str, dashboard: str = "parley-calls", panel: str = "Calls") -> Answer:
    target = Target(dashboard, panel, "A", "x", "", instant=False, kind="timeseries")
    series: list[dict[str, Any]] = [{"metric": {}, "values": [[1, text] for text in texts]}] if texts else []
    return Answer(target, "a | b", series)


def test_numbers_zeros_and_nothing_are_distinguished() -> None:
    assert _answer("0", "2").outcome is Outcome.DATA
    assert _answer("0").outcome is Outcome.ZERO
    assert _answer("NaN").outcome is Outcome.EMPTY
    assert _answer().outcome is Outcome.EMPTY


def test_rows_and_samples_are_counted_without_nan() -> None:
    answer = _answer("1", "NaN", "3")
    assert (answer.rows, answer.samples) == (1, 2)


def test_only_unexpected_emptiness_is_a_problem() -> None:
    dashboard, panel = next(iter(EXPECTED_EMPTY))
    assert problems([_answer("1"), _answer("0"), _answer(dashboard=dashboard, panel=panel)]) == []
    assert problems([_answer()]) == ["parley-calls: Calls A: no data: a | b"]


def test_the_table_escapes_the_query() -> None:
    assert "| parley-calls | Calls A | `a \\| b` | 1 | 1 |  | data |" in table([_answer("1")])


def test_each_expected_emptiness_is_of_a_panel() -> None:
    panels = {(target.dashboard, target.panel) for target in targets()}
    assert set(EXPECTED_EMPTY) <= panels
