"""Series keep their colour on every dashboard."""

from scripts.dashboards.style import PART_COLORS, STAGE_COLORS, series_names, thresholds


def test_a_stage_and_a_part_have_colours() -> None:
    assert series_names("sum by (stage) (parley_calls)", "{{stage}}") == tuple(STAGE_COLORS)
    assert series_names("x", "{{part}}") == tuple(PART_COLORS)


def test_outcomes_are_those_that_the_metric_documents() -> None:
    names = series_names("sum by (outcome) (rate(parley_audio_gaps_total[1m]))", "{{outcome}}")
    assert set(names) == {"filled", "skipped"}


def test_a_fixed_legend_has_its_colour_and_any_other_none() -> None:
    assert series_names("x", "p95") == ("p95",)
    assert series_names("x", "{{agent}}") == ()


def test_thresholds_begin_below_every_value() -> None:
    steps = thresholds(((1, "red"),)).build().steps
    assert [(step.value, step.color) for step in steps] == [(None, "green"), (1, "red")]
