"""Write docs/metrics.md from the catalogue of metrics: `python -m scripts.metrics_docs`."""

from collections.abc import Iterator
from pathlib import Path

from parley.telemetry.catalogue import GROUPS
from parley.telemetry.catalogue.metric import EVERY_SERVICE, Metric

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
_INTRODUCTION = Path(__file__).with_name("metrics_introduction.md")


def page() -> str:
    """The whole document."""
    return "\n".join([_INTRODUCTION.read_text("utf-8"), *(line for name in GROUPS for line in _group(name))])


def _group(name: str) -> Iterator[str]:
    yield f"## {name}\n"
    yield "| metric | kind | labels | exported by | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for metric in GROUPS[name]:
        services = "all" if metric.exported_by == EVERY_SERVICE else ", ".join(metric.exported_by)
        yield f"| `{metric.name}` | {metric.kind.value} | {_labels(metric)} | {services} | {metric.text} |"
    yield ""


def _labels(metric: Metric) -> str:
    """Each label, with its values if they are documented."""
    documented = dict(text.split(": ", 1) for text in metric.label_values)
    texts = (
        f"`{label}`" + (f" ({documented[label]})" if label in documented else "") for label in metric.labels
    )
    return "; ".join(texts).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
