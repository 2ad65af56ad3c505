"""Whole systems in which no alert may fire, as tests for `promtool test rules`: idle, healthy, restarted."""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from parley.telemetry.catalogue import METRICS
from parley.telemetry.catalogue.metric import Kind, Metric
from tests.deploy.rule_tests import STAGES, evaluation_order, written

IDLE_GAUGES = {
    "parley_bus_connected": "1",
    "parley_ready": "1",
    "parley_build_info": "1",
    "parley_calls_limit": "100",
    "parley_recordings_free_ratio": "0.5",
    "parley_stream_usage_ratio": "0.1",
    "parley_jetstream_storage_usage_ratio": "0.1",
    "parley_provider_limit_seconds": "2",
    "parley_certificate_expiry_timestamp_seconds": "7776000",
    "parley_model_shutdown_timestamp_seconds": "31536000",
}
"""Values of gauges in an idle system; others are 0."""
GOOD_PER_MINUTE = {
    ("parley_calls_started_total", "inbound"): 2,
    ("parley_calls_ended_total", "hangup"): 2,
    ("parley_turns_total", "answered"): 10,
    ("parley_media_streams_opened_total", "first"): 2,
    ("parley_provider_requests_total", "ok"): 20,
    ("parley_claims_total", "first"): 2,
    ("parley_leases_ended_total", "done"): 2,
    ("parley_webhook_requests_total", "200"): 4,
    ("parley_records_stored_total", ""): 2,
}
"""Counters of a system with two calls a minute: the metric, one of its label values, and the increase."""
_EXAMPLES = {
    "stream": ("AUDIO", "CALLS", "STATE", "WORK", "KV_AGENTS"),
    "status": ("200",),
    "route": ("/voice",),
    "version": ("1",),
    "code": ("timeout",),
}

Values = Callable[[Metric, Mapping[str, str]], str]
"""The values of a series, as promtool writes them."""


def _label_values(metric: Metric, label: str, service: str) -> tuple[str, ...]:
    documented = dict(text.split(": ", 1) for text in metric.label_values)
    if label == "stage":
        return (
            (service,)
            if metric.name in {"parley_build_info", "parley_calls", "parley_calls_limit"}
            else STAGES
        )
    if label in _EXAMPLES:
        return _EXAMPLES[label]
    if label in documented:
        values = re.sub(r"\(.*?\)|;.*$", "", documented[label]).split(",")
        return tuple(value.strip() for value in values if re.fullmatch(r"[\w-]+", value.strip())) or ("x",)
    return ("x",)


def series_of(metric: Metric) -> Iterator[tuple[str, dict[str, str]]]:
    """Every series of a metric in a system with one process of each service."""
    for service in metric.exported_by:
        target = {"job": f"parley-{service}", "instance": f"{service}-0", "namespace": "p"}
        choices = [_label_values(metric, label, service) for label in metric.labels]
        for values in itertools.product(*choices):
            labels = {**target, **dict(zip(metric.labels, values, strict=True))}
            if metric.kind is not Kind.HISTOGRAM:
                yield metric.name, labels
                continue
            yield f"{metric.name}_count", labels
            for bound in (*map(str, metric.buckets), "+Inf"):
                yield f"{metric.name}_bucket", {**labels, "le": bound}


def idle(metric: Metric, _labels: Mapping[str, str]) -> str:
    """Values of a system without calls."""
    return f"{IDLE_GAUGES.get(metric.name, '0') if metric.kind is Kind.GAUGE else '1000'}x2000"


def healthy(metric: Metric, labels: Mapping[str, str]) -> str:
    """Values of a system with two calls a minute, all of whose turns are fast."""
    if metric.kind is Kind.HISTOGRAM:
        fast = metric.name != "parley_dead_air_seconds" and not metric.name.startswith("parley_record_")
        return "0+10x2000" if fast and labels.get("part", "llm_ttft") else "0x2000"
    for (name, value), increase in GOOD_PER_MINUTE.items():
        if name == metric.name and (not value or value in labels.values()):
            return f"0+{increase}x2000"
    if metric.name == "parley_calls":
        return "4x2000"
    return idle(metric, labels)


def restarted(metric: Metric, labels: Mapping[str, str]) -> str:
    """Values around the simultaneous restart of all processes, which takes a minute."""
    value = idle(metric, labels).partition("x")[0]
    return f"{value}x120 _ {value if metric.kind is Kind.GAUGE else '0'}x2000"


def scraped_late(metric: Metric, labels: Mapping[str, str]) -> str:
    """Values in a Prometheus that is started two hours after the system."""
    return f"_x120 {idle(metric, labels)}"


def system_series(values: Values, up: str, started: str) -> list[dict[str, str]]:
    """All series of a system."""
    found = [
        {"series": written(name, labels), "values": values(metric, labels)}
        for metric in METRICS.values()
        for name, labels in series_of(metric)
    ]
    for stage in STAGES:
        target = {"job": f"parley-{stage}", "instance": f"{stage}-0", "namespace": "p"}
        found.append({"series": written("up", target), "values": up})
        found.append({"series": written("process_start_time_seconds", target), "values": started})
    return found


def promtool_file(rules: Sequence[Path], tests: Sequence[dict[str, Any]]) -> str:
    """A test file for promtool."""
    return yaml.safe_dump(
        {
            "rule_files": [str(path) for path in rules],
            "evaluation_interval": "1m",
            "group_eval_order": evaluation_order(rules),
            "tests": list(tests),
        },
        sort_keys=False,
        width=1000,
    )


def only_firing(
    title: str, series: list[dict[str, str]], expected: Mapping[str, tuple[str, ...]]
) -> dict[str, Any]:
    """A test that exactly these alerts fire, besides the watchdog, at each time."""
    expr = 'count by (alertname) (ALERTS{alertstate="firing", alertname!="ParleyWatchdog"})'
    return {
        "name": title,
        "interval": "1m",
        "input_series": series,
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": at,
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in names],
            }
            for at, names in expected.items()
        ],
    }
