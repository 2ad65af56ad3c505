"""docs/metrics.md is generated from the catalogue of metrics."""

from parley.telemetry.catalogue import METRICS
from scripts.metrics_docs import PAGE, page


def test_the_page_is_current() -> None:
    """`make docs` would change nothing."""
    assert PAGE.read_text("utf-8") == page(), "run `make docs`"


def test_each_metric_has_one_row_with_its_labels() -> None:
    """A label whose values are documented is one of the metric's own."""
    rows = {line.split("`")[1]: line for line in page().splitlines() if line.startswith("| `parley_")}
    declared = {name: metric for name, metric in METRICS.items() if name in rows}

    assert declared == METRICS
    for name, metric in METRICS.items():
        assert all(f"`{label}`" in rows[name] for label in metric.labels)
        assert {text.split(": ", 1)[0] for text in metric.label_values} <= set(metric.labels)
