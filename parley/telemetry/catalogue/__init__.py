"""Every metric that Parley exports, declared as data: the only place where metrics are named.

`docs/metrics.md` is generated from it; the dashboards and alerts may use only what is declared here.
"""

from parley.telemetry.catalogue import (
    bus,
    calls,
    capacity,
    cost,
    providers,
    quality,
    recording,
    survival,
    turns,
)
from parley.telemetry.catalogue.metric import Metric, declared_in

GROUPS: dict[str, tuple[Metric, ...]] = {
    "Turns": declared_in(turns),
    "Calls and media streams": declared_in(calls),
    "Quality": declared_in(quality),
    "Survival": declared_in(survival),
    "Capacity": declared_in(capacity),
    "Providers": declared_in(providers),
    "Bus": declared_in(bus),
    "Recording": declared_in(recording),
    "Cost": declared_in(cost),
}
"""All metrics by subject, in the order of the documentation."""

METRICS: dict[str, Metric] = {metric.name: metric for group in GROUPS.values() for metric in group}
"""All metrics by name."""
