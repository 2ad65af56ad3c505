"""Tests of histograms read from Prometheus scrapes."""

import pytest

from bench.prometheus import histogram, minus, plus, quantile

SCRAPE = """\
# HELP x_seconds A histogram
x_seconds_bucket{stage="stt",le="0.1"} 1
x_seconds_bucket{stage="stt",le="+Inf"} 2
x_seconds_bucket{stage="tts",le="0.1"} 3
x_seconds_bucket{stage="tts",le="+Inf"} 4
x_seconds_count{stage="tts"} 4
y_seconds_bucket{le="0.1"} 9
"""


def test_a_histogram_is_the_sum_over_its_labels() -> None:
    """Other metrics are ignored."""
    assert histogram(SCRAPE, "x_seconds") == {0.1: 4, float("inf"): 6}


def test_histograms_are_added_and_subtracted_by_bucket() -> None:
    """A missing bucket counts as 0."""
    assert minus({0.1: 5, 1: 9}, {0.1: 2}) == {0.1: 3, 1: 9}
    assert plus({0.1: 5}, {0.1: 2, 1: 3}) == {0.1: 7, 1: 3}


@pytest.mark.parametrize(("q", "value"), [(0.25, 0.5), (0.5, 1.0), (0.75, 1.5), (1.0, 2.0)])
def test_a_quantile_is_interpolated_within_its_bucket(q: float, value: float) -> None:
    """Two of the four values are at most 1, the others between 1 and 2."""
    assert quantile({1.0: 2, 2.0: 4, float("inf"): 4}, q) == pytest.approx(value)


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    """The quantile of an empty histogram is 0."""
    assert quantile({1.0: 0, float("inf"): 3}, 0.5) == 1.0
    assert quantile({}, 0.5) == 0
    assert quantile({1.0: 0, float("inf"): 0}, 0.5) == 0
