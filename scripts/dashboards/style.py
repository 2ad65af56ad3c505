"""Colours that mean the same on every dashboard, units and thresholds."""

import re
from collections.abc import Sequence

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from parley.telemetry.catalogue import METRICS

SECONDS = "s"
COUNT = "short"
SHARE = "percentunit"
BYTES = "bytes"
PER_MINUTE = "suffix:/min"
PER_SECOND = "suffix:/s"

GREEN, YELLOW, ORANGE, RED = "green", "#EAB839", "orange", "red"

STAGE_COLORS = {
    "edge": "#5794F2",
    "stt": "#73BF69",
    "brain": "#FF9830",
    "tts": "#B877D9",
    "recorder": "#8AB8C2",
    "webhook": "#96A3B5",
}
PART_COLORS = {
    "endpointing": "#73BF69",
    "llm_ttft": "#FF9830",
    "first_clause": "#FFCB7D",
    "tts_ttfb": "#B877D9",
    "playout": "#5794F2",
}
"""Parts of a turn in the colour of the stage that determines them."""
OUTCOME_COLORS = {
    "ok": "#73BF69",
    "answered": "#73BF69",
    "used": "#73BF69",
    "done": "#73BF69",
    "completed": "#73BF69",
    "agent": "#37872D",
    "fallback": "#FF9830",
    "stop": "#73BF69",
    "closed": "#5794F2",
    "drained": "#B877D9",
    "first": "#73BF69",
    "filled": "#73BF69",
    "handover": "#5794F2",
    "handed_over": "#5794F2",
    "resumed": "#5794F2",
    "hangup": "#5794F2",
    "interrupted": "#FFCB7D",
    "barge_in": "#5794F2",
    "cancelled": "#8E8E8E",
    "discarded": "#8E8E8E",
    "superseded": "#FF9830",
    "false_alarm": "#FF9830",
    "refused": "#FF9830",
    "takeover": "#F2495C",
    "failed": "#F2495C",
    "lost": "#F2495C",
    "skipped": "#F2495C",
    "stream-lost": "#F2495C",
    "unanswered": "#F2495C",
}
NONE_COLOR = "#8E8E8E"
"""Series of value zero that stands for events that did not happen."""
SOFT_MAXIMA = {COUNT: 1.0, PER_MINUTE: 1.0, SHARE: 0.01}
"""Least height of the axis, by unit, so that zero is at the bottom of an axis that is not in hundreds."""
QUANTILE_COLORS = {"p50": "#73BF69", "p95": "#FF9830", "p99": "#F2495C", "mean": "#8AB8FF"}
COLORS = STAGE_COLORS | PART_COLORS | OUTCOME_COLORS | QUANTILE_COLORS
"""Colour of a series by its name."""
BUDGET_COLORS = {"budget p50": "#56A64B", "budget p95": "#E02F44", "budget": "#E02F44"}
"""Lines of the budget: dashed, so that they are not taken for measurements."""

Steps = Sequence[tuple[float, str]]
"""Thresholds: from this value on, this colour; below the first, green (or `base`)."""


def series_names(expr: str, legend: str) -> tuple[str, ...]:
    """Names with a colour of their own that the series of a query may have."""
    if legend in COLORS:
        return (legend,)
    match legend:
        case "{{stage}}":
            return tuple(STAGE_COLORS)
        case "{{part}}":
            return tuple(PART_COLORS)
        case "{{outcome}}" | "{{kind}}" | "{{reason}}":
            return tuple(name for name in OUTCOME_COLORS if name in _documented_values(expr, legend))
        case _:
            return ()


def _documented_values(expr: str, legend: str) -> set[str]:
    label = legend.strip("{}")
    texts = [
        text.removeprefix(f"{label}: ")
        for metric in METRICS.values()
        if re.search(rf"\b{metric.name}\b", expr)
        for text in metric.label_values
        if text.startswith(f"{label}: ")
    ]
    return set(re.findall(r"[\w-]+", " ".join(texts)))


def thresholds(steps: Steps, base: str = GREEN) -> ThresholdsConfig:
    """Thresholds of a panel."""
    first = [Threshold(value=None, color=base)]
    rest = [Threshold(value=value, color=color) for value, color in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(first + rest)
