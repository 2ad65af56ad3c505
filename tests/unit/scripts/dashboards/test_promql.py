"""Queries from declared metrics: selectors, zeros, and what they refuse."""

import pytest

from parley.telemetry.catalogue.calls import CALLS_ENDED
from parley.telemetry.catalogue.capacity import CALLS
from parley.telemetry.catalogue.turns import TURN_LATENCY
from scripts.dashboards.promql import Scope, constants, or_zero, ratio

SCOPE = Scope(("agent", "stage"))


def test_a_variable_applies_where_the_metric_has_its_label() -> None:
    assert SCOPE.select(CALLS) == 'parley_calls{namespace=~"$namespace", stage=~"$stage"}'


def test_a_matcher_replaces_the_variable_of_its_label() -> None:
    assert SCOPE.select(CALLS, where={"stage": '="edge"'}).endswith(', stage="edge"}')


def test_an_unknown_label_is_refused() -> None:
    with pytest.raises(ValueError, match="no label colour"):
        SCOPE.select(CALLS, where={"colour": '="red"'})


def test_no_events_are_zero_with_the_labels_of_the_legend() -> None:
    query = SCOPE.per_minute(CALLS_ENDED, "reason")
    assert query.startswith("60 * sum by (reason) (rate(parley_calls_ended_total{")
    assert query.endswith(' or on () label_replace(vector(0), "reason", "none", "", "")')


def test_a_new_series_counts_whole() -> None:
    query = SCOPE.events(CALLS_ENDED, window="5m")
    series = 'parley_calls_ended_total{namespace=~"$namespace", agent=~"$agent"}'
    assert query.startswith(
        f"sum ((increase({series}[5m]) and {series} offset 5m) "
        f"or (increase({series}[5m]) + min_over_time({series}[5m])) or last_over_time({series}[5m]))"
    )


def test_events_of_a_histogram_are_its_count() -> None:
    assert "parley_turn_latency_seconds_count{" in SCOPE.events(TURN_LATENCY)


def test_quantiles_are_of_sums_by_bucket() -> None:
    query = SCOPE.quantile(0.95, TURN_LATENCY, "agent")
    assert query.startswith(
        "histogram_quantile(0.95, sum by (le, agent) (rate(parley_turn_latency_seconds_bucket{"
    )


def test_a_share_needs_a_bound_of_the_histogram() -> None:
    assert 'le="0.9"' in SCOPE.share_within(TURN_LATENCY, 0.9)
    with pytest.raises(ValueError, match="no bucket of"):
        SCOPE.share_within(TURN_LATENCY, 0.95)


def test_a_ratio_has_no_value_without_events() -> None:
    assert ratio("a", or_zero("b")) == "(a) / ((b or on () vector(0)) > 0)"


def test_constants_carry_their_name() -> None:
    assert constants({"stt": 0.1}, "part") == 'label_replace(vector(0.1), "part", "stt", "", "")'
