"""Finding the metrics and labels of PromQL expressions."""

import pytest

from scripts.promql import Selector, usage


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ("up == 0", ["up"]),
        ("vector(1)", []),
        ("sum by (stage) (rate(parley_calls_total[5m] offset 1w)) > 0.5", ["parley_calls_total"]),
        ("sum(a) by (b) / on (b) group_left (c) count without (d) (e)", ["a", "e"]),
        ('a{b="c{d}"} and c:d:rate5m unless ignoring (x) b', ["a", "c:d:rate5m", "b"]),
        ("min_over_time((max by (x) (y))[1m:15s]) > 1e3", ["y"]),
        ('{__name__="x"}', [""]),
        ("a # b\n+ c", ["a", "c"]),
    ],
)
def test_metrics_are_found(expression: str, metrics: list[str]) -> None:
    assert [selector.metric for selector in usage(expression).selectors] == metrics


def test_matchers_and_grouping_labels_are_found() -> None:
    found = usage('sum by (namespace, stage) (increase(m{a="x", b=~"y|z",c!=\'q\'}[5m]))')
    assert found.selectors == (Selector("m", (("a", "=", "x"), ("b", "=~", "y|z"), ("c", "!=", "q"))),)
    assert found.grouping == ("namespace", "stage")


def test_an_unfinished_expression_is_refused() -> None:
    with pytest.raises(ValueError, match="no }"):
        usage('m{a="x"')
